package client

// Version says which program answers.
type Version struct {
	Version      string `json:"version"`
	Revision     string `json:"revision"`
	Go           string `json:"go"`
	Installation string `json:"installation"`
}
