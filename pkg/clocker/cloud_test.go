package clocker_test

import (
	"reflect"
	"testing"

	"clocker.io/pkg/clocker"
)

func TestANewCloudHasDefaultsForWhatIsNotAsked(t *testing.T) {
	t.Parallel()
	none, many := 0, 9
	got := clocker.NewCloud(clocker.CloudSettings{Location: "localhost", MaxHosts: &none})
	if got.Location != "localhost" || *got.MaxHosts != 0 || *got.MaxContainers != 64 || len(*got.Strategies) != 2 {
		t.Errorf("%+v", got)
	}
	changed := got.With(clocker.CloudSettings{MaxContainers: &many, Strategies: &[]clocker.Strategy{}})
	if *changed.MaxHosts != 0 || *changed.MaxContainers != 9 || len(*changed.Strategies) != 0 || *got.MaxContainers != 64 {
		t.Errorf("%+v of %+v", changed, got)
	}
}

func TestNumbersThatNoCloudCanHaveAreRefused(t *testing.T) {
	t.Parallel()
	for n, want := range map[int][2]string{
		-1:      {"maxHosts is -1: want a number from 0 to 10000", "maxContainers is -1: want a number from 1 to 100000"},
		0:       {"", "maxContainers is 0: want a number from 1 to 100000"},
		1:       {"", ""},
		100_001: {"maxHosts is 100001: want a number from 0 to 10000", "maxContainers is 100001: want a number from 1 to 100000"},
	} {
		got := [2]string{said(clocker.CloudSettings{MaxHosts: &n}.Check()), said(clocker.CloudSettings{MaxContainers: &n}.Check())}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestACloudInUseSaysWhoUsesIt(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		hosts, apps []string
		want        string
	}{
		{nil, nil, ""},
		{[]string{"a"}, nil, `the cloud "c" is in use: host a`},
		{[]string{"a", "b"}, []string{"shop"}, `the cloud "c" is in use: hosts a, b; application shop`},
		{nil, []string{"1", "2", "3", "4", "5", "6", "7"}, `the cloud "c" is in use: applications 1, 2, 3, 4, 5, 2 more`},
	} {
		err := clocker.CloudFree("c", tc.hosts, tc.apps)
		if got := said(err); got != tc.want || err != nil && clocker.CodeOf(err) != clocker.Conflict {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
