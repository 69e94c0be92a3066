package client

import "time"

// Token is somebody's right to use the API. Text is there once, in the answer that made it.
type Token struct {
	Token      string     `json:"token"`
	Name       string     `json:"name"`
	Role       string     `json:"role"`
	State      string     `json:"state"`
	CreatedBy  string     `json:"createdBy"`
	CreatedAt  time.Time  `json:"createdAt"`
	ExpiresAt  *time.Time `json:"expiresAt"`
	LastUsedAt *time.Time `json:"lastUsedAt"`
	RevokedBy  string     `json:"revokedBy"`
	Text       string     `json:"text"`
}
