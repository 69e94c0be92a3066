package events_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"clocker.io/pkg/events"
)

var update = flag.Bool("update", false, "write the golden wire files of new events and new fields")

// sample fills every field of an event, so that a field that is forgotten on the wire shows.
func sample(e events.Event) events.Event {
	v := reflect.New(reflect.TypeOf(e)).Elem()
	n := 0
	fill(v, strings.ReplaceAll(e.Topic(), ".", "-"), &n)
	return v.Interface().(events.Event)
}

func fill(v reflect.Value, name string, n *int) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(name)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n) + 0.5)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		fill(value, "value", n)
		v.SetMapIndex(reflect.ValueOf("key"), value)
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes([]byte(`{"size":3}`))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), name, n)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(int64(*n), 0).UTC()))
			return
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			json, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			fill(v.Field(i), strings.ToLower(json), n)
		}
	default:
		panic(fmt.Sprintf("no sample for a field of kind %s", v.Kind()))
	}
}

func golden(topic string) string { return filepath.Join("testdata", "wire", topic+".json") }

// The files hold what is on the wire, with every field. What is there was published once and must be readable for
// ever: -update adds, it takes nothing away.
func TestWire(t *testing.T) {
	t.Parallel()
	for _, e := range events.All() {
		t.Run(e.Topic(), func(t *testing.T) {
			t.Parallel()
			now := encode(t, sample(e))
			kept, err := os.ReadFile(golden(e.Topic()))
			if *update {
				for _, lost := range missing(parse(t, kept), parse(t, now), "") {
					t.Errorf("%s was published in %s and is no longer: make a new topic", lost, e.Topic())
				}
				if !t.Failed() {
					err = os.WriteFile(golden(e.Topic()), now, 0o644)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				return
			}
			if !bytes.Equal(kept, now) {
				t.Errorf("%s is not what the struct says; if only fields were added, go test -run TestWire -update:\n%s", golden(e.Topic()), now)
			}
			back, err := events.Decode(e.Topic(), kept)
			if err != nil {
				t.Fatal(err)
			}
			if again := encode(t, back); !bytes.Equal(kept, again) {
				t.Errorf("decoded and encoded again it is\n%s", again)
			}
		})
	}
}

func TestWireHasNoStrangeFile(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(filepath.Join("testdata", "wire"))
	if err != nil {
		t.Fatal(err)
	}
	known := topics()
	for _, f := range files {
		if topic, ok := strings.CutSuffix(f.Name(), ".json"); !ok || !slices.Contains(known, topic) {
			t.Errorf("%s belongs to no event", f.Name())
		}
	}
}

func TestMissingSeesWhatUpdateMustNotLose(t *testing.T) {
	t.Parallel()
	old := parse(t, []byte(`{"a":1,"b":{"c":"x"},"d":[{"e":true}]}`))
	for now, want := range map[string]string{
		`{"a":1,"b":{"c":"x"},"d":[{"e":true}],"f":1}`: "",
		`{"b":{"c":"x"},"d":[{"e":true}]}`:             ".a",
		`{"a":"1","b":{},"d":[{"e":true}]}`:            ".a .b.c",
		`{"a":2,"b":{"c":"y"},"d":[{"g":true}]}`:       ".d[].e",
		`{"a":2,"b":{"c":"y"},"d":[]}`:                 ".d[]",
	} {
		if got := strings.Join(missing(old, parse(t, []byte(now)), ""), " "); got != want {
			t.Errorf("%s lacks %q, want %q", now, got, want)
		}
	}
}

// missing lists the paths of old that now lacks, or has with another kind of value.
func missing(old, now any, path string) []string {
	switch old := old.(type) {
	case map[string]any:
		fields, ok := now.(map[string]any)
		if !ok {
			return []string{path}
		}
		var lost []string
		for name, v := range old {
			if in, ok := fields[name]; ok {
				lost = append(lost, missing(v, in, path+"."+name)...)
			} else {
				lost = append(lost, path+"."+name)
			}
		}
		slices.Sort(lost)
		return lost
	case []any:
		items, ok := now.([]any)
		if !ok || len(items) < len(old) {
			return []string{path + "[]"}
		}
		var lost []string
		for i, v := range old {
			lost = append(lost, missing(v, items[i], path+"[]")...)
		}
		return lost
	}
	if old != nil && reflect.TypeOf(old) != reflect.TypeOf(now) {
		return []string{path}
	}
	return nil
}

func encode(t *testing.T, e events.Event) []byte {
	t.Helper()
	data, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(data, '\n')
}

func parse(t *testing.T, data []byte) any {
	t.Helper()
	if len(data) == 0 {
		return nil
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
