package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func (s *Shell) man(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Write the manual pages of all commands into a directory", Args: exactly("DIR"),
		Long: `Writes a manual page for each command, clocker.1 and clocker-ps.1 and so on. To have them found by man, write them to

  /usr/local/share/man/man1     for everybody on this machine
  ~/.local/share/man/man1       for you, where ~/.local/bin is in PATH`,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := writeManual(root, args[0]); err != nil {
				return fmt.Errorf("write the manual: %w", err)
			}
			s.say("the manual is in %s", args[0])
			return nil
		},
	}
}

// writeManual writes a page for each command that help shows, and for each topic.
func writeManual(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root.DisableAutoGenTag = true // equal pages for equal versions
	var failed error
	each(root, func(c *cobra.Command) {
		if failed != nil || (!c.IsAvailableCommand() && !c.IsAdditionalHelpTopicCommand()) {
			return
		}
		page, err := manualPage(c)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, strings.ReplaceAll(c.CommandPath(), " ", "-")+".1"), page, 0o644)
		}
		failed = err
	})
	return failed
}

// manualPage is the page of a command in the language of troff.
func manualPage(c *cobra.Command) ([]byte, error) {
	built := builtAt()
	header := &doc.GenManHeader{Section: "1", Source: "Clocker " + version().Version, Manual: "Clocker", Date: &built}
	long := c.Long
	defer func() { c.Long = long }()
	c.Long = asMarkdown(long)
	var page bytes.Buffer
	if err := doc.GenMan(c, header, &page); err != nil {
		return nil, err
	}
	text := options(page.Bytes(), built)
	if !c.Runnable() {
		text = usage.ReplaceAll(text, []byte("$2")) // a topic is no command
	}
	return text, nil
}

// asMarkdown keeps the lines of a help text that are indented, such as commands to type, and what stands in columns.
func asMarkdown(text string) string {
	var out []string
	inside := false
	for line := range strings.SplitSeq(text, "\n") {
		indented := strings.HasPrefix(line, "  ")
		if indented != inside && line != "" {
			out = append(out, "```")
			inside = indented
		}
		if !indented {
			line = special.ReplaceAllString(line, `\$0`)
		}
		out = append(out, line)
	}
	if inside {
		out = append(out, "```")
	}
	return strings.Join(out, "\n")
}

// special are the characters that mean something in Markdown.
var special = regexp.MustCompile(`[\\*_<>|\[\]#` + "`" + `]`)

var (
	option = regexp.MustCompile(`(?m)^(?:\.PP\n)?(\\fB-.*)\n\t(.*)$`)
	toggle = regexp.MustCompile(`(?m)^(\\fB-.*\\fP)\[=false\]$`)
	usage  = regexp.MustCompile(`(?s)\.SH (SYNOPSIS|OPTIONS).*?(\.SH DESCRIPTION|\.SH SEE ALSO)`)
	dated  = regexp.MustCompile(`(?m)^(\.TH "[^"]*" "1") "[^"]*"`)
)

// options puts the flags of a page as other manuals have them: a tag and a paragraph each, and no value for what is on or
// off. The date becomes one that says its day.
func options(page []byte, built time.Time) []byte {
	page = option.ReplaceAll(page, []byte(".TP\n$1\n$2"))
	page = toggle.ReplaceAll(page, []byte("$1"))
	return dated.ReplaceAll(page, []byte("$1 \""+built.Format(time.DateOnly)+"\""))
}

// builtAt is when this version was committed, else when its program was made.
func builtAt() time.Time {
	if t, err := time.Parse(time.RFC3339, buildSetting("vcs.time")); err == nil {
		return t
	}
	if path, err := os.Executable(); err == nil {
		if info, err := os.Stat(path); err == nil {
			return info.ModTime().UTC()
		}
	}
	return time.Unix(0, 0).UTC()
}
