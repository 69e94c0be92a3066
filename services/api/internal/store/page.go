package store

import (
	"bytes"
	"encoding/base64"
	"encoding/json"

	"clocker.io/pkg/clocker"
	"clocker.io/services/api/internal/view"
)

// Page says which part of a list is asked for: at most Limit items after Cursor, from the start when it is empty.
type Page struct {
	Limit  int
	Cursor string
}

// cursor writes the place after which a page begins, for a client that need not understand it.
func cursor(place ...any) string {
	data, err := json.Marshal(place)
	if err != nil {
		return "" // strings and numbers can be written
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// place reads a cursor into the values of its list; an empty one leaves them as they are.
func (p Page) place(into ...any) error {
	if p.Cursor == "" {
		return nil
	}
	data, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	var parts []json.RawMessage
	if err == nil {
		err = json.Unmarshal(data, &parts)
	}
	for i := 0; err == nil && i < len(into) && i < len(parts); i++ {
		err = json.Unmarshal(parts[i], into[i])
	}
	if err != nil || len(parts) != len(into) || bytes.Contains(data, []byte(`\u0000`)) { // which no text of the database holds
		return &clocker.Error{Code: clocker.Invalid, Message: "this cursor is none that a list gave"}
	}
	return nil
}

// cut makes a page of up to Limit+1 items: the one too many says that there is a next page.
func cut[T any](p Page, items []T, after func(T) string) view.Page[T] {
	page := view.Page[T]{Items: items}
	if len(items) > p.Limit {
		page.Items = items[:p.Limit]
		page.NextCursor = after(items[p.Limit-1])
	}
	if page.Items == nil {
		page.Items = []T{}
	}
	return page
}
