package clocker

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// ids draws ids that Clocker takes.
var ids = rapid.StringMatching(`[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?`)

func TestValidID(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, id string
		want     bool
	}{
		{"letters", "shop", true},
		{"one digit", "0", true},
		{"dash inside", "my-docker-cloud", true},
		{"as long as may be", strings.Repeat("a", 40), true},
		{"too long", strings.Repeat("a", 41), false},
		{"empty", "", false},
		{"dash first", "-shop", false},
		{"dash last", "shop-", false},
		{"upper case", "Shop", false},
		{"dot", "shop.web", false},
		{"underscore", "shop_web", false},
		{"not ASCII", "caf\u00e9", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := ValidID(tt.id); got != tt.want {
				t.Errorf("ValidID(%q) = %v", tt.id, got)
			}
		})
	}
}

func TestSlug(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"an id stays", "my-shop", "my-shop"},
		{"case and blanks", "My  Web Shop", "my-web-shop"},
		{"ends are cut", " (shop) ", "shop"},
		{"nothing to keep", "\u2603 !", ""},
		{"cut at the longest", strings.Repeat("a", 50), strings.Repeat("a", 40)},
		{"no dash where it is cut", strings.Repeat("a", 39) + " b", strings.Repeat("a", 39)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := Slug(tt.in); got != tt.want {
				t.Errorf("Slug(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestSlugIsAnIDOrEmpty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		slug := Slug(name)
		if slug != "" && !ValidID(slug) {
			t.Errorf("Slug(%q) = %q, which is no id", name, slug)
		}
		if again := Slug(slug); again != slug {
			t.Errorf("Slug(%q) = %q", slug, again)
		}
	})
}

func TestKeyRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k := Key{UID: ids.Draw(t, "uid"), Entity: ids.Draw(t, "entity"), Ordinal: rapid.IntRange(0, 1e9).Draw(t, "ordinal")}
		got, err := ParseKey(k.String())
		if err != nil || got != k {
			t.Errorf("ParseKey(%q) = %v, %v", k.String(), got, err)
		}
	})
}

func TestParseKeyRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"too few parts", "u1/web", `container key "u1/web": want uid/entity/ordinal`},
		{"too many parts", "u1/web/0/1", `container key "u1/web/0/1": want uid/entity/ordinal`},
		{"no uid", "/web/0", `container key "/web/0": want uid/entity/ordinal`},
		{"no entity", "u1//0", `container key "u1//0": want uid/entity/ordinal`},
		{"no number", "u1/web/x", `container key "u1/web/x": ordinal "x" is no number from 0`},
		{"below zero", "u1/web/-1", `container key "u1/web/-1": ordinal "-1" is no number from 0`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := ParseKey(tt.in); err == nil || err.Error() != tt.want {
				t.Errorf("ParseKey(%q) = %v, want %s", tt.in, err, tt.want)
			}
		})
	}
}

func TestContainerNames(t *testing.T) {
	t.Parallel()
	c := Container{Application: "shop", UID: "k3x9", Entity: "web", Ordinal: 1, Generation: 7}
	for _, tt := range []struct{ what, got, want string }{
		{"key", c.Key().String(), "k3x9/web/1"},
		{"path", c.Path(), "shop/web/1"},
		{"name in the Engine", c.EngineName(), "clk-shop-web-1-g7"},
		{"name in the zone", c.Hostname(), "1.web.shop.clocker.internal"},
		{"volume", VolumeName(c.Key(), "data"), "clk-k3x9-web-1-data"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s = %q, want %q", tt.what, tt.got, tt.want)
		}
	}
}

// Containers of one application never share a name in the Engine, whatever dashes their entities' ids have: entity
// and ordinal cannot be confused because the ordinal is the last number before the generation.
func TestEngineNamesDiffer(t *testing.T) {
	t.Parallel()
	draw := rapid.Custom(func(t *rapid.T) Container {
		return Container{
			Application: "shop", Entity: ids.Draw(t, "entity"), Ordinal: rapid.IntRange(0, 3).Draw(t, "ordinal"),
			Generation: rapid.Int64Range(1, 3).Draw(t, "generation"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw.Draw(t, "a"), draw.Draw(t, "b")
		if a != b && a.EngineName() == b.EngineName() {
			t.Errorf("%+v and %+v are both %s", a, b, a.EngineName())
		}
	})
}
