package view

import "time"

// Token is somebody's right to use this interface. Text is given once, to whoever made it.
type Token struct {
	Token      string     `json:"token"` // its id, which is no secret
	Name       string     `json:"name"`
	Role       string     `json:"role"`
	State      string     `json:"state"` // active, expired, revoked
	CreatedBy  string     `json:"createdBy"`
	CreatedAt  time.Time  `json:"createdAt"`
	ExpiresAt  *time.Time `json:"expiresAt,omitempty"`
	LastUsedAt *time.Time `json:"lastUsedAt,omitempty"` // to the minute
	RevokedBy  string     `json:"revokedBy,omitempty"`
	RevokedAt  *time.Time `json:"revokedAt,omitempty"`
	Text       string     `json:"text,omitempty"`
}
