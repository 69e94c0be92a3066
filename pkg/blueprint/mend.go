package blueprint

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxMends bounds how often a text is read again without what is no YAML in it.
const maxMends = 10

// load reads the text. What is no YAML is noted, and left out so that the rest can be looked at; nil when even that does
// not help.
func load(text []byte, out *collector) *yaml.Node {
	m := mender{lines: append([]string(nil), out.lines...), left: map[int]int{}}
	for range maxMends {
		doc := new(yaml.Node)
		err := yaml.Load(text, doc)
		if err == nil {
			return doc
		}
		f := faultOf(err, m.lines)
		if f.Code == Empty {
			return &yaml.Node{}
		}
		if f.Code == SeveralDocuments {
			out.add(f.Problem)
			m.lines = m.lines[:f.Line-1]
		} else {
			if len(m.left) == 0 || f.local && !m.near(f.Line) {
				out.add(f.Problem)
			}
			out.mended = true
			if !m.leaveOut(f) {
				return nil
			}
		}
		text = []byte(strings.Join(m.lines, "\n") + "\n")
	}
	return nil
}

// mender leaves out lines, a little more each time that the text still cannot be read at them.
type mender struct {
	lines []string
	left  map[int]int // by line: how often it was at fault
}

// near reports whether a line is beside one that was left out: what is wrong there may come of that.
func (m *mender) near(line int) bool {
	for other := range m.left {
		if other-2 <= line && line <= other+2 {
			return true
		}
	}
	return false
}

// keyed is a line up to the colon of its key, with the dashes before it.
var keyed = regexp.MustCompile(`^ *(- +)*[\w.$-]+:(\s|$)`)

// leaveOut takes the value of a line away, then the line, then all from it on. It is false when nothing is left to do.
func (m *mender) leaveOut(f fault) bool {
	if f.Code == Tab && m.leaveTabs() {
		return true
	}
	line := f.from
	m.left[line]++
	switch text := m.lines[line-1]; m.left[line] {
	case 1:
		if key := keyed.FindString(text); key != "" && key != text {
			m.lines[line-1] = key
			return true
		}
		m.left[line]++
		fallthrough
	case 2:
		m.lines[line-1] = ""
		return true
	case 3:
		clear(m.lines[line-1:])
		return true
	default:
		return false
	}
}

// leaveTabs takes every line away that is indented by a tab: they are one mistake. It reports whether there were any.
func (m *mender) leaveTabs() (any bool) {
	for i, line := range m.lines {
		if tabbed(line) && strings.TrimSpace(line) != "" {
			m.lines[i] = ""
			m.left[i+1]++
			any = true
		}
	}
	return any
}
