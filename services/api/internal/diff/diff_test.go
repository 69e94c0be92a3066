package diff

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"clocker.io/pkg/clocker"

	"pgregory.net/rapid"
)

const secret = "hunter2"

func shop() clocker.Application {
	return clocker.Application{ID: "shop", Name: "Shop", Cloud: "c", Entities: []clocker.Entity{
		{ID: "web", Name: "web", Size: 2, Image: clocker.ImageSource{Reference: "nginx:1"}, OpenPorts: []clocker.Port{{Port: 80, Protocol: "tcp"}},
			Env:        []clocker.EnvVar{{Name: "PASSWORD", Value: clocker.Value{Literal: secret}}},
			Strategies: []clocker.Strategy{{Name: "MaxContainers", Params: map[string]string{"max": "2"}}}},
		{ID: "db", Name: "db", Size: 1, Image: clocker.ImageSource{Reference: "redis:7"}, Commands: []clocker.Value{{Literal: "--pass " + secret}}},
	}}
}

func TestWhatDiffersIsNamedFieldByField(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(a *clocker.Application)
		want   string
	}{
		{"nothing", func(*clocker.Application) {}, `{"deployed":true,"fields":[],"entities":[],"containers":{"before":3,"after":3}}`},
		{"size and image", func(a *clocker.Application) {
			a.Entities[0].Size, a.Entities[0].Image = 5, clocker.ImageSource{Reference: "nginx:2"}
		}, `{"deployed":true,"fields":[],"entities":[{"entity":"web","change":"changed","fields":[
			{"field":"image","change":"changed","before":"nginx:1","after":"nginx:2"},
			{"field":"size","change":"changed","before":"2","after":"5"}]}],"containers":{"before":3,"after":6}}`},
		{"a value of the environment", func(a *clocker.Application) { a.Entities[0].Env[0].Value.Literal = "other" },
			`{"deployed":true,"fields":[],"entities":[{"entity":"web","change":"changed","fields":[
			{"field":"env.PASSWORD","change":"changed"}]}],"containers":{"before":3,"after":3}}`},
		{"a name of the environment", func(a *clocker.Application) { a.Entities[0].Env[0].Name = "SECRET" },
			`{"deployed":true,"fields":[],"entities":[{"entity":"web","change":"changed","fields":[
			{"field":"env.SECRET","change":"added"},{"field":"env.PASSWORD","change":"removed"}]}],"containers":{"before":3,"after":3}}`},
		{"a port more", func(a *clocker.Application) { a.Entities[0].DirectPorts = []clocker.Port{{Port: 443, Protocol: "tcp"}} },
			`{"deployed":true,"fields":[],"entities":[{"entity":"web","change":"changed","fields":[
			{"field":"ports","change":"changed","before":"80/tcp","after":"80/tcp 443:443/tcp"}]}],"containers":{"before":3,"after":3}}`},
		{"another cloud and network", func(a *clocker.Application) { a.Cloud, a.CIDR = "d", "10.1.0.0/24" },
			`{"deployed":true,"fields":[{"field":"cloud","change":"changed","before":"c","after":"d"},
			{"field":"network","change":"added","after":"10.1.0.0/24"}],"entities":[],"containers":{"before":3,"after":3}}`},
		{"one entity for another", func(a *clocker.Application) {
			a.Entities[1] = clocker.Entity{ID: "cache", Size: 4, Image: clocker.ImageSource{Reference: "redis:7"}}
		}, `{"deployed":true,"fields":[],"entities":[{"entity":"cache","change":"added","fields":[
			{"field":"image","change":"added","after":"redis:7"},{"field":"size","change":"added","after":"4"}]},
			{"entity":"db","change":"removed","fields":[{"field":"name","change":"removed","before":"db"},
			{"field":"image","change":"removed","before":"redis:7"},{"field":"size","change":"removed","before":"1"},
			{"field":"commands","change":"removed"}]}],"containers":{"before":3,"after":6}}`},
		{"another order", func(a *clocker.Application) { a.Entities[0], a.Entities[1] = a.Entities[1], a.Entities[0] },
			`{"deployed":true,"fields":[],"entities":[],"containers":{"before":3,"after":3}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before, after := shop(), shop()
			tt.change(&after)
			c := Between(&before, after)
			var want Changes
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(c, want) {
				t.Errorf("got %s", exact(c))
			}
			if strings.Contains(exact(c), secret) || c.Differs() != (tt.name != "nothing" && tt.name != "another order") {
				t.Errorf("differs %v: %s", c.Differs(), exact(c))
			}
		})
	}
}

func TestWhatIsNotDeployedIsAllNew(t *testing.T) {
	t.Parallel()
	c := Between(nil, shop())
	if c.Deployed || !c.Differs() || len(c.Entities) != 2 || c.Entities[0].Change != Added || c.Containers != (ContainerCount{0, 3}) {
		t.Errorf("%s", exact(c))
	}
}

// TestNoFieldOfAnEntityIsForgotten changes each field of a spec by itself, whatever fields there come to be.
func TestNoFieldOfAnEntityIsForgotten(t *testing.T) {
	t.Parallel()
	values := map[reflect.Type]any{
		reflect.TypeFor[string](): "x", reflect.TypeFor[int](): 7, reflect.TypeFor[[]clocker.EnvVar](): []clocker.EnvVar{{Name: "A"}},
		reflect.TypeFor[[]clocker.Port](): []clocker.Port{{Port: 1, Protocol: "udp"}}, reflect.TypeFor[[]clocker.Value](): []clocker.Value{{Literal: "x"}},
		reflect.TypeFor[[]clocker.Volume](): []clocker.Volume{{Name: "a", Path: "/a"}}, reflect.TypeFor[clocker.Resources](): clocker.Resources{CPUShares: 1},
		reflect.TypeFor[[]clocker.Strategy](): []clocker.Strategy{{Name: "x"}}, reflect.TypeFor[*clocker.HealthCheck](): &clocker.HealthCheck{TCP: true, Port: 1},
		reflect.TypeFor[clocker.RestartPolicy](): clocker.RestartPolicy{Policy: "no"}, reflect.TypeFor[*clocker.SensorRef](): &clocker.SensorRef{Entity: "a"},
		reflect.TypeFor[clocker.ImageSource](): clocker.ImageSource{Path: "Dockerfile"},
	}
	for _, of := range []reflect.Type{reflect.TypeFor[clocker.Entity](), reflect.TypeFor[clocker.ImageSource](), reflect.TypeFor[clocker.Resources]()} {
		for i := range of.NumField() {
			changed := reflect.New(of).Elem()
			value, ok := values[of.Field(i).Type]
			if n := changed.Field(i); n.Kind() == reflect.Int64 || n.Kind() == reflect.Float64 {
				value, ok = reflect.ValueOf(7).Convert(n.Type()).Interface(), true
			}
			if !ok {
				t.Fatalf("no value for %s of %s: add one", of.Field(i).Name, of)
			}
			changed.Field(i).Set(reflect.ValueOf(value))
			before, after := clocker.Entity{ID: "e"}, clocker.Entity{ID: "e"}
			switch v := changed.Interface().(type) {
			case clocker.Entity:
				after = v
			case clocker.ImageSource:
				after.Image = v
			case clocker.Resources:
				after.Resources = v
			}
			a, b := clocker.Application{Entities: []clocker.Entity{before}}, clocker.Application{Entities: []clocker.Entity{after}}
			if !Between(&a, b).Differs() {
				t.Errorf("a change of %s of %s is not seen", of.Field(i).Name, of)
			}
		}
	}
}

func applications() *rapid.Generator[clocker.Application] {
	entity := rapid.Custom(func(t *rapid.T) clocker.Entity {
		e := clocker.Entity{ID: rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "id"), Size: rapid.IntRange(0, 3).Draw(t, "size")}
		e.Image.Reference = rapid.SampledFrom([]string{"x", "y"}).Draw(t, "image")
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"A", "B", "C"}), 0, 3, rapid.ID[string]).Draw(t, "env") {
			e.Env = append(e.Env, clocker.EnvVar{Name: name, Value: clocker.Value{Literal: rapid.SampledFrom([]string{"1", secret}).Draw(t, "value")}})
		}
		return e
	})
	return rapid.Custom(func(t *rapid.T) clocker.Application {
		return clocker.Application{ID: "shop", Name: rapid.SampledFrom([]string{"", "n", "m"}).Draw(t, "name"),
			Entities: rapid.SliceOfNDistinct(entity, 0, 4, func(e clocker.Entity) string { return e.ID }).Draw(t, "entities")}
	})
}

func TestDifferencesAreThoseOfEitherSide(t *testing.T) {
	t.Parallel()
	mirror := map[string]string{Added: Removed, Removed: Added, Changed: Changed}
	rapid.Check(t, func(t *rapid.T) {
		a, b := applications().Draw(t, "a"), applications().Draw(t, "b")
		if c := Between(&a, a); c.Differs() {
			t.Fatalf("it differs from itself: %s", exact(c))
		}
		there, back := Between(&a, b), Between(&b, a)
		if strings.Contains(exact(there), secret) {
			t.Fatalf("a secret is shown: %s", exact(there))
		}
		if there.Containers.Before != back.Containers.After || len(there.Entities) != len(back.Entities) || len(there.Fields) != len(back.Fields) {
			t.Fatalf("there %s, back %s", exact(there), exact(back))
		}
		changes := map[string]EntityChange{}
		for _, e := range back.Entities {
			changes[e.Entity] = e
		}
		for _, e := range there.Entities {
			other := changes[e.Entity]
			if other.Change != mirror[e.Change] || len(other.Fields) != len(e.Fields) {
				t.Fatalf("%s there %s, back %s", e.Entity, exact(e), exact(other))
			}
		}
	})
}
