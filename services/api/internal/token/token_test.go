package token

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const letters = "abcdefghijklmnopqrstuvwxyz234567"

func someText(t *rapid.T) (id, text string) {
	id = rapid.StringOfN(rapid.SampledFrom([]rune(letters)), IDLength, IDLength, -1).Draw(t, "id")
	secret := rapid.StringOfN(rapid.SampledFrom([]rune(letters)), SecretLength, SecretLength, -1).Draw(t, "secret")
	return id, Text(id, secret)
}

func TestATokenGivesItsIDAndOneWithAnotherLetterGivesNone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id, text := someText(t)
		if got, ok := Parse(text); !ok || got != id {
			t.Fatalf("%s gives %q, %v", text, got, ok)
		}
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		letter := rapid.SampledFrom([]byte(letters+"01_-")).Draw(t, "letter")
		if changed := text[:at] + string(letter) + text[at+1:]; changed != text {
			if _, ok := Parse(changed); ok {
				t.Fatalf("%s is taken", changed)
			}
			if Same(Digest(text), changed) {
				t.Fatalf("%s has the digest of %s", changed, text)
			}
		}
		if _, ok := Parse(text[:at]); ok {
			t.Fatalf("%s is taken", text[:at])
		}
		if !Same(Digest(text), text) {
			t.Fatal("a token is not the same as itself")
		}
	})
}

func TestScannersFindATokenByItsForm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		_, text := someText(t)
		if !regexp.MustCompile(`^clk_[a-z2-7]{10}_[a-z2-7]{52}_[0-9a-f]{8}$`).MatchString(text) {
			t.Fatal(text)
		}
	})
}

func TestEachRoleCoversThoseBelowIt(t *testing.T) {
	t.Parallel()
	for i, r := range Roles() {
		if got, err := ParseRole(r.String()); err != nil || got != r {
			t.Errorf("%s is read as %s, %v", r, got, err)
		}
		for j, least := range Roles() {
			if r.Covers(least) != (i >= j) {
				t.Errorf("%s covers %s: %v", r, least, r.Covers(least))
			}
		}
		if Nobody.Covers(r) {
			t.Errorf("nobody covers %s", r)
		}
	}
	for _, text := range []string{"", "nobody", "Admin", "root"} {
		if _, err := ParseRole(text); err == nil || !strings.Contains(err.Error(), "viewer, deployer, operator, admin") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestNamesThatCouldBeTakenForSomethingElseAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ci", "alice@example.com", "Build-7.2_x+y", strings.Repeat("a", 60)} {
		if err := CheckName(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", "a b", "a/b", "bootstrap", "ä", "a\n", strings.Repeat("a", 61)} {
		if CheckName(name) == nil {
			t.Errorf("%q is taken", name)
		}
	}
	if got := (Caller{ID: "k1", Name: "ci"}).String() + " " + Bootstrap.String(); got != "ci/k1 bootstrap" {
		t.Error(got)
	}
}
