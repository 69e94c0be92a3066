package events

// TokenCreated says that somebody may use the REST interface from here on.
type TokenCreated struct {
	Token     string `json:"token"` // its id, never its secret
	Name      string `json:"name"`
	Role      string `json:"role"`
	ExpiresAt string `json:"expiresAt,omitempty"` // RFC 3339
	By        string `json:"by"`
}

// TokenRevoked says that a token is not taken any more.
type TokenRevoked struct {
	Token string `json:"token"`
	Name  string `json:"name"`
	Role  string `json:"role"`
	By    string `json:"by"`
}

func (TokenCreated) Topic() string { return "token.created" }
func (TokenRevoked) Topic() string { return "token.revoked" }

func (e TokenCreated) Scope() Scope { return Scope{Tokens: []string{e.Token}} }
func (e TokenRevoked) Scope() Scope { return Scope{Tokens: []string{e.Token}} }
