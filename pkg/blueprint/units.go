package blueprint

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// minBytes is the least memory that an Engine gives a container.
const minBytes = 6 << 20

// maxCores is more than a host has.
const maxCores = 1024

const sizeHint = "a size such as 512m, 7g or 8192mb; a bare number is bytes"

var sizeUnits = map[string]float64{
	"": 1, "b": 1, "k": 1 << 10, "kb": 1 << 10, "kib": 1 << 10, "m": 1 << 20, "mb": 1 << 20, "mib": 1 << 20,
	"g": 1 << 30, "gb": 1 << 30, "gib": 1 << 30, "t": 1 << 40, "tb": 1 << 40, "tib": 1 << 40,
}

// readBytes reads a size; units are powers of 1024, as in Docker.
func readBytes(what string, n node) int64 {
	if !n.scalar() {
		n.fail(BadSize, sizeHint, "%s must be a size, it is %s", what, n.is())
		return 0
	}
	text := strings.ToLower(strings.TrimSpace(n.yaml.Value))
	number := strings.TrimRight(text, "bkmgti ")
	factor, ok := sizeUnits[strings.TrimSpace(text[len(number):])]
	value, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || !decimal(number) {
		n.fail(BadSize, sizeHint, "%s must be a size, it is %s", what, n.is())
		return 0
	}
	bytes := value * factor
	if bytes >= math.MaxInt64 || math.IsNaN(bytes) {
		n.fail(BadSize, sizeHint, "%s is too large: %s", what, n.is())
		return 0
	}
	if bytes < minBytes {
		hint := sizeHint
		if factor == 1 && value >= 6 {
			hint = "a bare number is bytes: write " + number + "m for MiB"
		}
		n.fail(BadSize, hint, "%s is less than the 6 MiB that an Engine gives a container: %s", what, n.is())
		return 0
	}
	return int64(bytes)
}

// decimal reports whether s is digits with at most one point: no sign, exponent, infinity or hexadecimal.
func decimal(s string) bool {
	return s != "" && strings.Trim(s, "0123456789.") == "" && strings.Count(s, ".") <= 1
}

// readCores reads a number of cores, such as 2 or 0.5.
func readCores(n node) float64 {
	const hint = "a number of cores such as 2 or 0.5"
	if !n.scalar() {
		n.fail(BadCores, hint, "minCores must be a number, it is %s", n.is())
		return 0
	}
	text := strings.TrimSpace(n.yaml.Value)
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !decimal(text) || v <= 0 || v > maxCores {
		n.fail(BadCores, hint, "minCores must be a number over 0, at most %d; it is %s", maxCores, n.is())
		return 0
	}
	return v
}

// span is the shortest and the longest of what a time may be.
type span struct{ low, high time.Duration }

// readMillis reads a time within bounds, in milliseconds: 5s, 500ms, 1m30s, or bare seconds.
func readMillis(what string, n node, b span) (int64, bool) {
	const hint = "a time such as 5s, 500ms or 1m30s; a bare number is seconds"
	if !n.scalar() {
		n.fail(BadTime, hint, "%s must be a time, it is %s", what, n.is())
		return 0, false
	}
	text := strings.TrimSpace(n.yaml.Value)
	if decimal(text) {
		text += "s"
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		n.fail(BadTime, hint, "%s must be a time, it is %s", what, n.is())
		return 0, false
	}
	if d < b.low || d > b.high {
		n.fail(OutOfRange, "from "+brief(b.low)+" to "+brief(b.high), "%s is out of range: %s", what, n.is())
		return 0, false
	}
	return d.Milliseconds(), true
}

// brief writes a duration without its zero parts, 1h rather than 1h0m0s.
func brief(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}
