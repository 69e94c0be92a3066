package tour

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Page is a page in pieces: what stands between blocks is kept as it is.
type Page struct{ parts []part }

// part is a block, or text.
type part struct {
	text  string
	block *Block
}

// Block is what is typed in one go.
type Block struct {
	Name     string
	Line     int // of its first line in the page
	Commands []*Command
	Exit     int
	Steps    []Step
}

// Command is one line that is typed, and what is printed to it.
type Command struct {
	Text   string
	Output []string
}

// Step is what is done while a command runs: wait for something, take the picture, press keys.
type Step struct {
	Until *regexp.Regexp
	Look  bool
	Keys  []string
}

const (
	begin  = "```console"
	end    = "```"
	prompt = "$ "
)

// Parse reads a page.
func Parse(text string) (*Page, error) {
	p := &Page{}
	var b *Block
	directive := ""
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		switch {
		case b == nil && line == begin:
			b = &Block{Line: i + 1}
			if err := b.direct(directive); err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
			directive = ""
		case b != nil && line == end:
			p.parts = append(p.parts, part{block: b})
			b = nil
		case b != nil:
			if err := b.add(line); err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
		default:
			if d, ok := strings.CutPrefix(line, "<!-- tour: "); ok {
				directive = strings.TrimSuffix(d, " -->")
			}
			p.parts = append(p.parts, part{text: line})
		}
	}
	if b != nil {
		return nil, fmt.Errorf("line %d: the block has no end", b.Line)
	}
	return p, nil
}

func (b *Block) add(line string) error {
	if text, ok := strings.CutPrefix(line, prompt); ok {
		b.Commands = append(b.Commands, &Command{Text: text})
		return nil
	}
	if len(b.Commands) == 0 {
		return fmt.Errorf("%q stands before anything was typed", line)
	}
	c := b.Commands[len(b.Commands)-1]
	c.Output = append(c.Output, line)
	return nil
}

func (b *Block) direct(text string) error {
	words := strings.Split(text, "; ")
	if b.Name = words[0]; b.Name == "" {
		return fmt.Errorf("the block has no name: <!-- tour: NAME -->")
	}
	for _, w := range words[1:] {
		verb, rest, _ := strings.Cut(w, " ")
		var s Step
		var err error
		switch verb {
		case "exit":
			b.Exit, err = strconv.Atoi(rest)
			if err != nil {
				return err
			}
			continue
		case "until":
			s.Until, err = regexp.Compile(rest)
		case "look":
			s.Look = true
		case "keys":
			s.Keys = strings.Fields(rest)
		default:
			err = fmt.Errorf("%q is no step", w)
		}
		if err != nil {
			return err
		}
		b.Steps = append(b.Steps, s)
	}
	return nil
}

// Blocks are those of the page, in order.
func (p *Page) Blocks() []*Block {
	var out []*Block
	for _, part := range p.parts {
		if part.block != nil {
			out = append(out, part.block)
		}
	}
	return out
}

// String is the page as text.
func (p *Page) String() string {
	var out strings.Builder
	for _, part := range p.parts {
		if part.block == nil {
			out.WriteString(part.text + "\n")
			continue
		}
		out.WriteString(begin + "\n")
		for _, c := range part.block.Commands {
			out.WriteString(prompt + c.Text + "\n")
			for _, line := range c.Output {
				out.WriteString(line + "\n")
			}
		}
		out.WriteString(end + "\n")
	}
	return out.String()
}
