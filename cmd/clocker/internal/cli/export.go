package cli

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/cmd/clocker/internal/up"
	"clocker.io/pkg/audit"

	"github.com/spf13/cobra"
)

func (s *Shell) auditExport() *cobra.Command {
	var from int64
	c := &cobra.Command{
		Use: "export [FILE]", Short: "Write the log of events to a file that can be checked without Clocker", Args: between(0, "FILE"),
		Long: `Writes the log, from the oldest event that is kept or from --from on, as lines of JSON: where it starts, each event
with its hash, where it ends. Without FILE it goes to standard output. It is checked on the way; a log that is damaged is
written all the same, and the exit code is 1.`,
		RunE: func(c *cobra.Command, args []string) error {
			api, err := s.api()
			if err != nil {
				return err
			}
			q := url.Values{}
			if c.Flags().Changed("from") {
				q.Set("from", strconv.FormatInt(from, 10))
			}
			if len(args) == 0 {
				return s.export(c.Context(), api, q, s.Out)
			}
			return into(args[0], func(w io.Writer) error { return s.export(c.Context(), api, q, w) })
		},
	}
	c.Flags().Int64Var(&from, "from", 1, "number of the first event")
	return c
}

// export copies an export and checks it.
func (s *Shell) export(ctx context.Context, api *client.Client, q url.Values, w io.Writer) error {
	res, err := api.Do(ctx, client.Request{Method: http.MethodGet, Path: client.Path("audit", "export"), Query: q, Accept: "application/x-ndjson"})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	out := &copied{w: w}
	f, err := readThrough(io.TeeReader(res.Body, out))
	if out.err != nil {
		return fmt.Errorf("write the export: %w", out.err)
	}
	// What is wrong with it is no reason to keep the rest from whoever looks into that.
	if _, more := io.Copy(w, res.Body); err == nil {
		err = more
	}
	if err == nil {
		s.say("%s", exportText(f))
	}
	return err
}

// copied is where an export goes, and what became of that: whoever reads the export takes it for damaged.
type copied struct {
	w   io.Writer
	err error
}

func (c *copied) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.err = err
	return n, err
}

// into writes a file that is there as a whole or not at all; only its owner may read it. One that is found bad stays.
func into(name string, write func(io.Writer) error) error {
	draft, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*") // made 0600
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &usageError{"there is no directory " + filepath.Dir(name) + " for the export"}
	case err != nil:
		return fmt.Errorf("write the export: %w", err)
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	out := bufio.NewWriter(draft)
	found := write(out)
	var bad *audit.Break
	if found != nil && !errors.As(found, &bad) {
		return errors.Join(found, draft.Close())
	}
	if err := errors.Join(out.Flush(), draft.Sync(), draft.Close()); err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	return errors.Join(found, os.Rename(draft.Name(), name))
}

// readThrough checks an export to its end.
func readThrough(r io.Reader) (*audit.File, error) {
	f, err := audit.Open(r)
	for err == nil {
		_, err = f.Next()
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return f, err
}

func exportText(f *audit.File) string {
	return fmt.Sprintf("ok: %d events, %d to %d, of installation %s; no gap, every link holds; the last has hash %s", f.Count(),
		f.Header.First, f.Last(), f.Header.Installation, hex.EncodeToString(f.Hash()))
}

// verifyFile checks an export; no Clocker is asked.
func (s *Shell) verifyFile(name string) error {
	in, done, err := s.input(name)
	if err != nil {
		return fmt.Errorf("read the export: %w", err)
	}
	defer done()
	f, err := readThrough(in)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.Out, exportText(f))
	return err
}

// input opens a file; - is standard input.
func (s *Shell) input(name string) (in io.Reader, done func(), err error) {
	if name == "-" {
		return s.In, func() {}, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	return file, func() { _ = file.Close() }, nil
}

func (s *Shell) auditImport() *cobra.Command {
	return &cobra.Command{
		Use: "import FILE", Short: "Put an export into the empty log of a new database ($CLOCKER_DATABASE_URL)", Args: exactly("FILE"),
		Long: `Puts an export into the log of a new database, all of it or nothing; - is standard input. It asks no API: no service may
write the past. CLOCKER_DATABASE_URL is that of the database's owner, to which clocker migrate has been, and on which no
service runs. The events are history: no service acts on them, and nothing of what they tell is made anew.`,
		RunE: func(c *cobra.Command, args []string) error {
			in, done, err := s.input(args[0])
			if err != nil {
				return fmt.Errorf("read the export: %w", err)
			}
			defer done()
			f, err := up.Import(c.Context(), s.upOptions("warn"), in)
			if err != nil {
				return err
			}
			s.say("%s", exportText(f))
			return nil
		},
	}
}
