package hostports

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// left is how many ports the kernel must keep for what asks for any port: with too few of them, connections fail.
const left = 8192

// span is a range of ports, both ends included.
type span struct{ first, last int }

// Reserve adds a range of ports to those that the kernel gives to nobody by itself, and takes nothing away. Reserved is
// its list as it is now, such as 8080,9000-9010; automatic is the range that it gives from, first and last. It gives the
// list as it should be, empty when nothing needs to be done. The error says why it is better left as it is.
func Reserve(reserved, automatic string, first, last int) (string, error) {
	have, err := parse(reserved)
	if err != nil {
		return "", err
	}
	from, to, _ := strings.Cut(strings.Join(strings.Fields(automatic), " "), " ")
	gives, err := parse(from + "-" + to)
	if err != nil || len(gives) != 1 {
		return "", fmt.Errorf("%q is no range of ports", automatic)
	}
	all := join(append(slices.Clone(have), span{first, last}))
	if slices.Equal(all, join(have)) {
		return "", nil
	}
	free := gives[0].size()
	for _, s := range all {
		free -= span{max(s.first, gives[0].first), min(s.last, gives[0].last)}.size()
	}
	if free < left {
		return "", fmt.Errorf("of the ports %d to %d, from which the kernel gives one to what asks for any, %d would be left",
			gives[0].first, gives[0].last, free)
	}
	words := make([]string, len(all))
	for i, s := range all {
		words[i] = s.String()
	}
	return strings.Join(words, ","), nil
}

func (s span) size() int { return max(0, s.last-s.first+1) }

func (s span) String() string {
	if s.first == s.last {
		return strconv.Itoa(s.first)
	}
	return strconv.Itoa(s.first) + "-" + strconv.Itoa(s.last)
}

// join puts spans in order and makes one of those that touch.
func join(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.last, b.last)) })
	var out []span
	for _, s := range spans {
		if n := len(out); n > 0 && s.first <= out[n-1].last+1 {
			out[n-1].last = max(out[n-1].last, s.last)
			continue
		}
		out = append(out, s)
	}
	return out
}

func parse(list string) ([]span, error) {
	var out []span
	for _, word := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == '\n' || r == ' ' }) {
		from, to, isRange := strings.Cut(word, "-")
		if !isRange {
			to = from
		}
		first, err1 := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		if err1 != nil || err2 != nil || first < 0 || last < first || last > 65535 {
			return nil, fmt.Errorf("%q is no port and no range of ports", word)
		}
		out = append(out, span{first, last})
	}
	return out, nil
}
