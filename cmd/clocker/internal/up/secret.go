package up

// Secret makes a file with a secret of 192 random bits, readable by its owner alone, unless it is there.
func Secret(path string) error {
	_, err := keep(path, func() string { return random(24) })
	return err
}
