package main

import (
	"encoding/json"
	"html/template"
	"io"
	"log"
	"net/http"
)

// Self is what a member knows of itself.
type Self struct {
	Container string `json:"container"` // its identity, shop/web/0
	Address   string `json:"address"`   // IPv4
	Host      string `json:"host"`      // id of the host it runs on
}

// Visit is what a visitor is told: who answered, and how often anybody was.
type Visit struct {
	Self
	Visits int64 `json:"visits"`
}

var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Shop</title>
<style>body { font: 1.1rem/1.6 sans-serif; margin: 4rem auto; max-width: 36rem } b { font-size: 3rem }</style>
<h1>Shop</h1>
<p><b>{{.Visits}}</b> visits, counted in the store.</p>
<p>Answered by <code>{{.Container}}</code> at <code>{{.Address}}</code> on host <code>{{.Host}}</code>.</p>
<p><a href="/?format=json">as JSON</a></p>
</html>
`))

// Pages serves the page at /, as JSON with ?format=json, and the health of this member at /healthz: 200 while the store
// answers, else 503 with the reason.
func Pages(self Self, store Store) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		if err := store.Ping(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		io.WriteString(w, "ok\n")
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		visits, err := store.Increment(r.Context(), "visits")
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		if err := show(w, r, Visit{Self: self, Visits: visits}); err != nil {
			log.Printf("answer %s: %v", r.RemoteAddr, err)
		}
	})
	return mux
}

func show(w http.ResponseWriter, r *http.Request, v Visit) error {
	if r.URL.Query().Get("format") == "json" {
		w.Header().Set("Content-Type", "application/json")
		return json.NewEncoder(w).Encode(v)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return page.Execute(w, v)
}
