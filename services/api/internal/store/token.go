package store

import (
	"context"
	"fmt"
	"time"

	"clocker.io/pkg/events"
	"clocker.io/services/api/internal/view"

	"github.com/jackc/pgx/v5"
)

// States of a token.
const (
	TokenActive  = "active"
	TokenExpired = "expired"
	TokenRevoked = "revoked"
)

// tokenState reads a token's state. One clock, the database's, says what is expired: there may be several processes of api.
const tokenState = `case when revoked_at is not null then 'revoked' when expires_at <= now() then 'expired' else 'active' end`

const tokenColumns = `
	select token, name, role, ` + tokenState + `, created_by, created_at, expires_at, used_at, revoked_by, revoked_at
	from api.tokens `

func scanToken(row pgx.CollectableRow) (t view.Token, err error) {
	err = row.Scan(&t.Token, &t.Name, &t.Role, &t.State, &t.CreatedBy, &t.CreatedAt, &t.ExpiresAt, &t.LastUsedAt,
		&t.RevokedBy, &t.RevokedAt)
	t.CreatedAt = t.CreatedAt.UTC()
	t.ExpiresAt, t.LastUsedAt, t.RevokedAt = utc(t.ExpiresAt), utc(t.LastUsedAt), utc(t.RevokedAt)
	return t, err
}

// NewToken is a token to be stored, of which the text is not.
type NewToken struct {
	Token   string
	Name    string
	Role    string
	Digest  []byte
	Expires time.Duration // from now on; zero is never
	By      string
}

// CreateToken stores a token and returns the fact.
func (s *Store) CreateToken(ctx context.Context, n NewToken) (view.Token, []events.Event, error) {
	_, err := s.tx.Exec(ctx, `
		insert into api.tokens (token, name, role, digest, created_by, expires_at)
		values ($1, $2, $3, $4, $5, now() + nullif($6::interval, '0'))`, n.Token, n.Name, n.Role, n.Digest, n.By, n.Expires)
	if err != nil {
		return view.Token{}, nil, fmt.Errorf("store token: %w", err)
	}
	t, err := s.token(ctx, n.Token)
	if err != nil {
		return t, nil, err
	}
	e := events.TokenCreated{Token: t.Token, Name: t.Name, Role: t.Role, By: n.By}
	if t.ExpiresAt != nil {
		e.ExpiresAt = t.ExpiresAt.Format(time.RFC3339)
	}
	return t, []events.Event{e}, nil
}

// RevokeToken ends a token and returns the fact; one that is revoked already stays as it is, without a fact. The error
// is NotFound when there is none.
func (s *Store) RevokeToken(ctx context.Context, id, by string) (view.Token, []events.Event, error) {
	tag, err := s.tx.Exec(ctx, `
		update api.tokens set revoked_at = now(), revoked_by = $2 where token = $1 and revoked_at is null`, id, by)
	if err != nil {
		return view.Token{}, nil, fmt.Errorf("revoke token: %w", err)
	}
	t, err := s.token(ctx, id)
	if err != nil || tag.RowsAffected() == 0 {
		return t, nil, err
	}
	return t, []events.Event{events.TokenRevoked{Token: t.Token, Name: t.Name, Role: t.Role, By: by}}, nil
}

func (s *Store) token(ctx context.Context, id string) (view.Token, error) {
	rows, err := s.tx.Query(ctx, tokenColumns+`where token = $1`, id)
	if err != nil {
		return view.Token{}, fmt.Errorf("read token: %w", err)
	}
	t, err := pgx.CollectExactlyOneRow(rows, scanToken)
	return t, orNotFound(err, fmt.Sprintf("there is no token %q", id))
}

// Tokens lists tokens, the newest first; those that are revoked only when all are asked for. Source: api.tokens.
func (r *Reader) Tokens(ctx context.Context, all bool, p Page) (view.Page[view.Token], error) {
	before, id := int64(1)<<53, ""
	if err := p.place(&before, &id); err != nil {
		return view.Page[view.Token]{}, err
	}
	list, err := collect(ctx, r, "list tokens", scanToken, tokenColumns+`
		where ($1 or revoked_at is null) and (created_at, token) < ($2, $3)
		order by created_at desc, token desc limit $4`, all, time.UnixMicro(before), id, p.Limit+1)
	return cut(p, list, func(t view.Token) string { return cursor(t.CreatedAt.UnixMicro(), t.Token) }), err
}

// TokenOf reads a token and its digest, for whoever shows one. The error is NotFound when there is none.
func (r *Reader) TokenOf(ctx context.Context, id string) (t view.Token, digest []byte, err error) {
	err = r.tx.QueryRow(ctx, `
		select token, name, role, digest, expires_at, revoked_at, `+tokenState+` from api.tokens where token = $1`, id).
		Scan(&t.Token, &t.Name, &t.Role, &digest, &t.ExpiresAt, &t.RevokedAt, &t.State)
	return t, digest, orNotFound(err, "there is no such token")
}

// EndedTokens are those of a list of ids that are taken no more. Source: api.tokens.
func (r *Reader) EndedTokens(ctx context.Context, ids []string) ([]string, error) {
	return collect(ctx, r, "look at tokens", pgx.RowTo[string], `
		select token from api.tokens where token = any($1) and (revoked_at is not null or expires_at <= now())`, ids)
}

// UsedTokens notes when tokens were used last, if later than what is known.
func (s *Store) UsedTokens(ctx context.Context, used map[string]time.Time) error {
	ids, times := make([]string, 0, len(used)), make([]time.Time, 0, len(used))
	for id, at := range used {
		ids, times = append(ids, id), append(times, at)
	}
	_, err := s.tx.Exec(ctx, `
		update api.tokens t set used_at = u.at
		from (select * from unnest($1::text[], $2::timestamptz[]) as u(token, at) order by token) u
		where t.token = u.token and (t.used_at is null or t.used_at < u.at)`, ids, times)
	if err != nil {
		return fmt.Errorf("note the use of tokens: %w", err)
	}
	return nil
}
