package bus

// Dear makes the stream one of a server that syncs each record, or not, as if that had been measured just now.
func (s *Stream) Dear(dear bool) { s.dear, s.probe = dear, probeEvery }
