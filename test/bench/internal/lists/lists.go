package lists

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"clocker.io/pkg/pg"
	"clocker.io/test/bench/internal/result"
)

const (
	many     = 10000
	few      = 1000
	members  = 50 // of each application
	pageSize = 500
	aim      = 200.0 // ms of a page at most
	walks    = 5
)

// list is a list of the API, and the table whose rows it shows.
type list struct{ name, path, table, key string }

func lists() []list {
	return []list{
		{"containers", "/v1/containers", "policy.containers", "uid, entity, ordinal"},
		{"applications", "/v1/applications", "api.applications", "application"},
		{"hosts", "/v1/hosts", "provisioner.hosts", "host"},
		{"images", "/v1/images", "imagebuilder.images", "key"},
		{"operations", "/v1/operations", "api.operations", "requested_at desc, operation desc"},
	}
}

// Run measures each list at 10,000 containers, and the command line at 1,000 and at 10,000.
func Run(ctx context.Context, say func(string, ...any)) ([]result.Result, error) {
	small, err := start(ctx, few)
	if err != nil {
		return nil, err
	}
	defer small.close()
	large, err := start(ctx, many)
	if err != nil {
		return nil, err
	}
	defer large.close()
	var out []result.Result
	for _, l := range lists() {
		got, err := large.measure(ctx, l)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.name, err)
		}
		say("%s: p95 of a page %.1f ms", l.name, got[0].Ours)
		out = append(out, got...)
	}
	events, err := large.events(ctx)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	out = append(out, result.Time("lists.10k.events", fmt.Sprintf("p95 of the time between %d events of %d as they are streamed; the aim is 200 ms",
		pageSize, many), events, aim))
	memory, err := memoryOf(ctx, small, large)
	return append(out, memory...), err
}

// measure walks all pages of a list some times, in turns with plain selects of as many rows.
func (w *world) measure(ctx context.Context, l list) ([]result.Result, error) {
	var ours, plain []time.Duration
	rows := 0
	for range walks {
		pages, n, err := w.walk(ctx, l.path)
		if err != nil {
			return nil, err
		}
		ours, rows = append(ours, pages...), n
		selects, err := w.selects(ctx, l, len(pages))
		if err != nil {
			return nil, err
		}
		plain = append(plain, selects...)
	}
	p95, median := result.Quantile(result.Milliseconds(ours), 0.95), result.Quantile(result.Milliseconds(ours), 0.5)
	work := fmt.Sprintf("page of %d of %d %s", pageSize, rows, l.name)
	return []result.Result{
		result.Time("lists.10k."+l.name, "p95 of a "+work+"; the aim is 200 ms", p95, aim),
		result.Time("lists.10k."+l.name+".vs-select", "median of a "+work+", against a plain select of as many rows of "+l.table, median,
			result.Quantile(result.Milliseconds(plain), 0.5)),
	}, nil
}

// walk reads a list to its end, and gives the time of each page and the number of items.
func (w *world) walk(ctx context.Context, path string) (times []time.Duration, items int, err error) {
	cursor := ""
	for {
		began := time.Now()
		res, err := w.get(ctx, fmt.Sprintf("%s?limit=%d&cursor=%s", path, pageSize, url.QueryEscape(cursor)))
		if err != nil {
			return nil, 0, err
		}
		var page struct {
			Items      []json.RawMessage `json:"items"`
			NextCursor string            `json:"next_cursor"`
		}
		err = json.NewDecoder(res.Body).Decode(&page)
		_ = res.Body.Close()
		if err != nil {
			return nil, 0, err
		}
		times, items = append(times, time.Since(began)), items+len(page.Items)
		if cursor = page.NextCursor; cursor == "" {
			return times, items, nil
		}
	}
}

// selects reads pages of the table behind a list, whole rows, as Postgres gives them.
func (w *world) selects(ctx context.Context, l list, pages int) (times []time.Duration, err error) {
	err = w.db.Read(ctx, func(ctx context.Context, tx *pg.Tx) error {
		for i := range pages {
			began := time.Now()
			rows, err := tx.Query(ctx, fmt.Sprintf("select * from %s order by %s limit %d offset %d", l.table, l.key, pageSize, i*pageSize))
			if err != nil {
				return err
			}
			for rows.Next() {
				if _, err := rows.Values(); err != nil {
					return err
				}
			}
			if err := rows.Err(); err != nil {
				return err
			}
			times = append(times, time.Since(began))
		}
		return nil
	})
	return times, err
}

// events streams the log, and gives the p95 of the time that each part of it took.
func (w *world) events(ctx context.Context) (float64, error) {
	var times []time.Duration
	for range walks {
		began, n := time.Now(), 0
		res, err := w.get(ctx, "/v1/events?follow=false")
		if err != nil {
			return 0, err
		}
		in := bufio.NewReader(res.Body)
		for {
			line, err := in.ReadSlice('\n')
			if len(line) > 1 && line[0] == '{' {
				if n++; n%pageSize == 0 {
					times, began = append(times, time.Since(began)), time.Now()
				}
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				return 0, err
			}
		}
		_ = res.Body.Close()
		if n < many {
			return 0, fmt.Errorf("%d events were streamed", n)
		}
	}
	return result.Quantile(result.Milliseconds(times), 0.95), nil
}

// memoryOf is the most memory that the command line had while it wrote a list, for a short one and a long one. The table of
// top is not among them: it is one write, after which nobody can look.
func memoryOf(ctx context.Context, small, large *world) (out []result.Result, err error) {
	for _, args := range [][]string{{"ps"}, {"ps", "-o", "json"}, {"top", "-o", "json"}, {"events", "-o", "json"}} {
		var peaks [2]float64
		for i, w := range []*world{small, large} {
			if peaks[i], err = w.peak(ctx, args...); err != nil {
				return nil, fmt.Errorf("clocker %v: %w", args, err)
			}
		}
		name := "lists.10k.cli-memory." + args[0]
		if len(args) > 1 {
			name += "-json"
		}
		out = append(out, result.Less(name, fmt.Sprintf("resident memory of clocker %s at %d rows, against %d rows", strings.Join(args, " "), many, few),
			peaks[1], peaks[0], "MiB"))
	}
	return out, nil
}

// peak is the most memory that a command had by the time of its last line, in MiB.
func (w *world) peak(ctx context.Context, args ...string) (float64, error) {
	c := w.command(ctx, filepath.Join(w.dir, "clocker"), args...)
	c.Env = append(c.Env, "CLOCKER_URL="+w.base, "CLOCKER_TOKEN="+token)
	m := &meter{of: c}
	c.Stdout = m
	if err := c.Run(); err != nil {
		return 0, err
	}
	if m.kib == 0 {
		return 0, errors.New("its memory was not seen")
	}
	return m.kib / 1024, nil
}

// meter reads the memory of a process each time it writes. What the kernel says at its end counts that of its parent, too.
type meter struct {
	of  *exec.Cmd
	kib float64
}

func (m *meter) Write(p []byte) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.of.Process.Pid))
	if err != nil {
		return len(p), nil // it has ended: what was seen before counts
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "VmHWM:" {
			if kib, err := strconv.ParseFloat(fields[1], 64); err == nil {
				m.kib = kib
			}
		}
	}
	return len(p), nil
}
