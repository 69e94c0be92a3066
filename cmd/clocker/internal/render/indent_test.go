package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestJSONIsLaidOutInPiecesAsItIsAsAWhole(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{}`, `[]`, `7`, `"a"`, `null`, `{"a":1}`, `[1,2]`, `[{},[],{"a":[]}]`, `{"a":{"b":[1,{"c":null}]},"d":"e"}`,
		`{"a":"}],:{[ \" \\","\\":"\\\\"}`, " { \"a\" :\n[ 1 ,\t2 ] }\r\n", `{"large":9007199254740993,"n":-1.5e+9,"t":true}`, `["é\u00e9<&>"]`,
	} {
		var want, got bytes.Buffer
		if err := json.Indent(&want, []byte(strings.TrimSpace(text)), "", "  "); err != nil {
			t.Fatal(err)
		}
		in := NewIndenter(&got)
		if _, err := io.Copy(in, iotest.OneByteReader(strings.NewReader(text))); err != nil {
			t.Fatal(err)
		}
		if err := in.Close(); err != nil || got.String() != want.String()+"\n" {
			t.Errorf("%s: %v\n%s\nwant\n%s", text, err, got.String(), want.String())
		}
	}
}

func TestJSONThatIsCutIsNotWhole(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"a":`, `["a`, `["a\"]`} {
		var got bytes.Buffer
		in := NewIndenter(&got)
		_, _ = io.WriteString(in, text)
		if err := in.Close(); !errors.Is(err, io.ErrUnexpectedEOF) || got.Len() == 0 {
			t.Errorf("%s: %v %q", text, err, got.String())
		}
	}
}
