package client

import "time"

// Application is a deployed blueprint and how it does.
type Application struct {
	Application string    `json:"application"`
	UID         string    `json:"uid"`
	Name        string    `json:"name"`
	Cloud       string    `json:"cloud"`
	State       string    `json:"state"`
	Healthy     bool      `json:"healthy"`
	Reason      string    `json:"reason"`
	Wanted      int       `json:"wanted"`
	Up          int       `json:"up"`
	SubmittedAt time.Time `json:"submittedAt"`
	Network     string    `json:"network"`
	Entities    []Entity  `json:"entities"`
}

// Entity is a node of an application's tree.
type Entity struct {
	Application string      `json:"application"`
	Entity      string      `json:"entity"`
	Name        string      `json:"name"`
	Image       string      `json:"image"`
	Size        int         `json:"size"`
	Up          int         `json:"up"`
	Containers  []Container `json:"containers"`
}
