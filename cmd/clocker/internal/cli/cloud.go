package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"clocker.io/cmd/clocker/internal/client"
	"clocker.io/pkg/clocker"
	"clocker.io/pkg/reconcile"

	"github.com/spf13/cobra"
)

func (s *Shell) clouds() *cobra.Command {
	c := &cobra.Command{Use: "cloud", Aliases: []string{"clouds"}, Short: "Look after clouds, the pools of hosts that blueprints name", Args: subcommands,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(s.cloudList(), s.cloudShow(), s.cloudCreate(), s.cloudSet(), s.cloudRemove())
	return c
}

func (s *Shell) cloudList() *cobra.Command {
	return named(&cobra.Command{
		Use: "ls", Aliases: []string{"list"}, Short: "List clouds", Args: exactly(),
		RunE: func(c *cobra.Command, _ []string) error {
			return list(s, c, client.Path("clouds"), nil, cloudListing())
		},
	})
}

func cloudListing() listing[client.Cloud] {
	type one = client.Cloud
	short := func(c one) string {
		if c.Shortage == nil {
			return ""
		}
		return fmt.Sprintf("%d: %s", c.Shortage.Containers, c.Shortage.Reason)
	}
	return listing[one]{
		name: func(c one) string { return c.Cloud },
		columns: []column[one]{
			{heading: "CLOUD", cell: func(c one) string { return c.Cloud }},
			{heading: "LOCATION", cell: func(c one) string { return c.Location }},
			{heading: "HOSTS", cell: func(c one) string { return fmt.Sprintf("%d of %d", c.Hosts, c.MaxHosts) }},
			{heading: "CONTAINERS", cell: func(c one) string { return strconv.Itoa(c.MaxContainers) + " a host" }},
			{heading: "STRATEGIES", cell: func(c one) string { return strategiesText(c.Strategies) }},
			{heading: "REVISION", cell: func(c one) string { return strconv.FormatInt(c.Revision, 10) }, wide: true},
			{heading: "WAITING", cell: short},
		},
	}
}

func strategiesText(list []clocker.Strategy) string {
	words := make([]string, len(list))
	for i, one := range list {
		words[i] = one.Name
		for j, name := range slices.Sorted(maps.Keys(one.Params)) {
			words[i] += string(":,"[min(j, 1)]) + name + "=" + one.Params[name]
		}
	}
	return strings.Join(words, " ")
}

func (s *Shell) cloudShow() *cobra.Command {
	return named(&cobra.Command{
		Use: "show CLOUD", Short: "Show a cloud", Args: exactly("CLOUD"),
		RunE: func(c *cobra.Command, args []string) error {
			api, err := s.api()
			if err != nil {
				return err
			}
			d, err := client.Get[client.Cloud](c.Context(), api, client.Path("clouds", args[0]), nil)
			if err != nil {
				return err
			}
			return s.show(d.Raw, func() string { return cloudListing().text(s, []client.Cloud{d.Value}) }, d.Value.Cloud)
		},
	})
}

// cloudFlags are the settings of a cloud as flags; those that are not given are not sent.
type cloudFlags struct {
	hosts, containers int
	strategies        []string
}

func (f *cloudFlags) add(c *cobra.Command) {
	setBy(c, "maxHosts", "max-hosts")
	setBy(c, "maxContainers", "max-containers")
	setBy(c, "strategies", "strategy")
	c.Flags().IntVar(&f.hosts, "max-hosts", 0, "how many hosts it may have")
	c.Flags().IntVar(&f.containers, "max-containers", 0, "how many containers a host takes")
	c.Flags().StringArrayVar(&f.strategies, "strategy", nil,
		"how hosts are chosen, such as BreadthFirst or MaxContainers:maxContainers=8; again for each of several, in their order")
}

func (f *cloudFlags) body(c *cobra.Command) (map[string]any, error) {
	body := map[string]any{}
	if c.Flags().Changed("max-hosts") {
		body["maxHosts"] = f.hosts
	}
	if c.Flags().Changed("max-containers") {
		body["maxContainers"] = f.containers
	}
	if c.Flags().Changed("strategy") {
		list := []clocker.Strategy{}
		for _, text := range f.strategies {
			one, err := parseStrategy(text)
			if err != nil {
				return nil, err
			}
			list = append(list, one)
		}
		body["strategies"] = list
	}
	return body, nil
}

// parseStrategy reads Name or Name:parameter=value,parameter=value.
func parseStrategy(text string) (clocker.Strategy, error) {
	name, params, has := strings.Cut(text, ":")
	one := clocker.Strategy{Name: name}
	if !has {
		return one, nil
	}
	one.Params = map[string]string{}
	for word := range strings.SplitSeq(params, ",") {
		key, value, ok := strings.Cut(word, "=")
		if !ok || key == "" {
			return one, &usageError{fmt.Sprintf("--strategy %s: want a name, or a name with parameters such as MaxContainers:maxContainers=8", text)}
		}
		one.Params[key] = value
	}
	return one, nil
}

func (s *Shell) cloudCreate() *cobra.Command {
	var f cloudFlags
	var location string
	c := named(&cobra.Command{
		Use: "create CLOUD --location LOCATION", Short: "Make a cloud over a location", Args: exactly("CLOUD"),
		Long: "Makes a cloud over a location. Blueprints name it as their location. The location localhost is this one machine, " +
			"which is a host of one cloud at a time: of the first that needed it.",
		RunE: func(c *cobra.Command, args []string) error {
			if location == "" {
				return &usageError{"--location is missing: where its hosts come from, such as localhost"}
			}
			body, err := f.body(c)
			if err != nil {
				return err
			}
			body["cloud"], body["location"] = args[0], location
			return s.settle(c, args[0], "made", client.Request{Method: http.MethodPost, Path: client.Path("clouds")}, body)
		},
	})
	f.add(c)
	c.Flags().StringVar(&location, "location", "", "where its hosts come from, such as localhost")
	return c
}

func (s *Shell) cloudSet() *cobra.Command {
	var f cloudFlags
	c := named(&cobra.Command{
		Use: "set CLOUD [flags]", Short: "Change the settings of a cloud; containers that run stay where they are", Args: exactly("CLOUD"),
		RunE: func(c *cobra.Command, args []string) error {
			body, err := f.body(c)
			if err != nil {
				return err
			}
			if len(body) == 0 {
				return &usageError{"there is nothing to set: give --max-hosts, --max-containers or --strategy"}
			}
			return s.settle(c, args[0], "set", client.Request{Method: http.MethodPatch, Path: client.Path("clouds", args[0])}, body)
		},
	})
	f.add(c)
	return c
}

func (s *Shell) cloudRemove() *cobra.Command {
	return named(&cobra.Command{
		Use: "rm CLOUD", Aliases: []string{"remove"}, Short: "Remove a cloud that has no hosts and that no application names", Args: exactly("CLOUD"),
		RunE: func(c *cobra.Command, args []string) error {
			return s.settle(c, args[0], "removed", client.Request{Method: http.MethodDelete, Path: client.Path("clouds", args[0])}, nil)
		},
	})
}

const (
	settleEvery = 50 * time.Millisecond
	settleMost  = 30 * time.Second
)

// settle asks for something of a cloud and waits until that is decided, which takes a moment.
func (s *Shell) settle(c *cobra.Command, cloud, done string, r client.Request, body any) error {
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		r.Body, r.ContentType = text, "application/json"
	}
	api, err := s.api()
	if err != nil {
		return err
	}
	a, err := client.Call[client.Accepted](c.Context(), api, r)
	if err != nil {
		return err
	}
	id := a.Value.Operation
	for range settleMost / settleEvery {
		op, err := client.Get[client.Operation](c.Context(), api, client.Path("operations", id), nil)
		switch {
		case err != nil:
			return err
		case op.Value.State == client.OperationRunning:
			if err := reconcile.Pause(c.Context(), settleEvery); err != nil {
				return err
			}
			continue
		case op.Value.State != "done":
			return &clocker.Error{Code: clocker.Conflict, Message: op.Value.Reason}
		}
		s.say("cloud %s is %s", cloud, done)
		return s.show(op.Raw, func() string { return "" }, cloud)
	}
	return &stillRunning{code: exitTime, text: fmt.Sprintf("cloud %s: operation %s is not decided yet, and goes on; look: clocker operations", cloud, id)}
}
