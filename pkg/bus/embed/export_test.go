package embed

// Ill has the guard look at the storage now.
func (s *Server) Ill() string { return s.guard.ill() }
