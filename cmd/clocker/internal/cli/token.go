package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/render"

	"github.com/spf13/cobra"
)

func (s *Shell) tokens() *cobra.Command {
	c := &cobra.Command{Use: "token", Aliases: []string{"tokens"}, Short: "Say who may use the API, and for what", Args: subcommands,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(s.tokenCreate(), s.tokenList(), s.tokenRevoke())
	return c
}

const tokenRoles = `  viewer    looks at everything but output and tokens
  deployer  deploys, changes and deletes applications, reads what their containers print
  operator  cares for hosts, clouds, operations and dead letters
  admin     makes and revokes tokens; the log of events as a whole`

func (s *Shell) tokenCreate() *cobra.Command {
	var role string
	var expires time.Duration
	c := named(&cobra.Command{
		Use: "create NAME --role ROLE", Short: "Make a token; its text is printed once and kept nowhere",
		Long: "Makes a token; its text is printed once and kept nowhere. Each role may do what those before it may:\n\n" + tokenRoles,
		Args: exactly("NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			if role == "" {
				return &usageError{"--role is missing: viewer, deployer, operator or admin"}
			}
			body := map[string]string{"name": args[0], "role": role}
			if expires != 0 {
				body["expires"] = expires.String()
			}
			text, err := json.Marshal(body)
			if err != nil {
				return err
			}
			api, err := s.api()
			if err != nil {
				return err
			}
			made, err := client.Call[client.Token](c.Context(), api, client.Request{Method: http.MethodPost, Path: client.Path("tokens"),
				Body: text, ContentType: "application/json"})
			if err != nil {
				return err
			}
			return s.tokenMade(made)
		},
	})
	c.Flags().StringVar(&role, "role", "", "viewer, deployer, operator or admin")
	c.Flags().DurationVar(&expires, "expires", 0, "how long it is taken, such as 720h; without it, until it is revoked")
	return c
}

func (s *Shell) tokenMade(made client.Doc[client.Token]) error {
	t := made.Value
	if t.Text == "" { // the first answer broke off, and nothing keeps the text for a second one
		return fmt.Errorf("the token was made, but its text was lost on the way: revoke it with clocker token revoke %s, "+
			"and make another", t.Token)
	}
	until := "until it is revoked"
	if t.ExpiresAt != nil {
		until = "until " + t.ExpiresAt.Format(time.RFC3339)
	}
	s.say("token %s with the role %s, taken %s. This is the only time that it is shown:", t.Token, t.Role, until)
	return s.show(made.Raw, func() string { return t.Text + "\n" }, t.Text)
}

func (s *Shell) tokenList() *cobra.Command {
	var all bool
	c := named(&cobra.Command{
		Use: "ls", Aliases: []string{"list"}, Short: "List tokens", Args: exactly(),
		RunE: func(c *cobra.Command, _ []string) error {
			query := url.Values{}
			if all {
				query.Set("all", "true")
			}
			return list(s, c, client.Path("tokens"), query, s.tokenListing())
		},
	})
	c.Flags().BoolVarP(&all, "all", "a", false, "also those that were revoked")
	return c
}

func (s *Shell) tokenListing() listing[client.Token] {
	type one = client.Token
	used := func(t one) string {
		if t.LastUsedAt == nil {
			return "never"
		}
		return render.Age(s.Now(), t.LastUsedAt) + " ago"
	}
	return listing[one]{
		name: func(t one) string { return t.Token },
		columns: []column[one]{
			{heading: "TOKEN", cell: func(t one) string { return t.Token }},
			{heading: "NAME", cell: func(t one) string { return t.Name }},
			{heading: "ROLE", cell: func(t one) string { return t.Role }},
			{heading: "STATE", cell: func(t one) string { return t.State }, state: true},
			{heading: "CREATED BY", cell: func(t one) string { return t.CreatedBy }},
			{heading: "AGE", cell: func(t one) string { return render.Age(s.Now(), &t.CreatedAt) }},
			{heading: "USED", cell: used},
			{heading: "EXPIRES", cell: func(t one) string { return moment(t.ExpiresAt) }},
			{heading: "CREATED", cell: func(t one) string { return moment(&t.CreatedAt) }, wide: true},
			{heading: "REVOKED BY", cell: func(t one) string { return t.RevokedBy }},
		},
	}
}

func (s *Shell) tokenRevoke() *cobra.Command {
	return named(&cobra.Command{
		Use: "revoke TOKEN", Aliases: []string{"rm"}, Short: "End a token, by its id; at once, and for good", Args: exactly("TOKEN"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args[0]) > 40 { // the text was given in place of the id
				return errors.New("give the id of the token, the part after clk_; its text belongs into no command line")
			}
			api, err := s.api()
			if err != nil {
				return err
			}
			t, err := client.Call[client.Token](c.Context(), api, client.Request{Method: http.MethodDelete, Path: client.Path("tokens", args[0])})
			if err != nil {
				return err
			}
			s.say("token %s (%s) is revoked", t.Value.Token, t.Value.Name)
			return s.show(t.Raw, func() string { return "" }, t.Value.Token)
		},
	})
}
