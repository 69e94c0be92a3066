// Command client is a stranger's program: it knows Clocker's API by the client that a public generator made of the
// OpenAPI document, and makes the calls of the tour with it.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"clocker.io/client/generated"
)

const blueprint = `
id: tour
location: my-docker-cloud
services:
- {id: web, type: "docker:nginx:1", initialSize: 1}
`

func main() {
	if err := tour(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func tour(ctx context.Context) error {
	token := func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+os.Getenv("CLOCKER_TOKEN"))
		return nil
	}
	api, err := generated.NewClientWithResponses(os.Getenv("CLOCKER_URL"), generated.WithRequestEditorFn(token))
	if err != nil {
		return err
	}
	wrong, err := api.DeployApplicationWithBodyWithResponse(ctx, nil, "application/yaml", strings.NewReader("id: tour\nservices: 1\n"))
	if err != nil {
		return err
	}
	if wrong.ApplicationproblemJSONDefault == nil || wrong.ApplicationproblemJSONDefault.Errors == nil {
		return fmt.Errorf("a blueprint with a mistake: %s", wrong.Body)
	}
	fmt.Println("refused:", wrong.ApplicationproblemJSONDefault.Code, len(*wrong.ApplicationproblemJSONDefault.Errors))
	key := "tour-1"
	for range 2 { // acts once
		done, err := api.DeployApplicationWithBodyWithResponse(ctx, &generated.DeployApplicationParams{IdempotencyKey: &key}, "application/yaml", strings.NewReader(blueprint))
		if err != nil {
			return err
		}
		if done.JSON202 == nil {
			return fmt.Errorf("deploy: %s", done.Body)
		}
		if err := finished(ctx, api, done.JSON202.Operation); err != nil {
			return err
		}
	}
	all, err := api.ListApplicationsWithResponse(ctx, nil)
	if err != nil {
		return err
	}
	if all.JSON200 == nil {
		return fmt.Errorf("list: %s", all.Body)
	}
	fmt.Println("applications:", len(all.JSON200.Items))
	sized, err := api.ResizeEntityWithResponse(ctx, "tour", "web", nil, generated.Resize{Size: 3})
	if err != nil {
		return err
	}
	if sized.JSON202 == nil {
		return fmt.Errorf("resize: %s", sized.Body)
	}
	if err := finished(ctx, api, sized.JSON202.Operation); err != nil {
		return err
	}
	app, err := api.GetApplicationWithResponse(ctx, "tour", nil)
	if err != nil {
		return err
	}
	if app.JSON200 == nil {
		return fmt.Errorf("get: %s", app.Body)
	}
	fmt.Println("up:", app.JSON200.Up, "of", app.JSON200.Wanted)
	if err := events(ctx, api); err != nil {
		return err
	}
	gone, err := api.DeleteApplicationWithResponse(ctx, "tour", nil)
	if err != nil {
		return err
	}
	if gone.JSON202 == nil {
		return fmt.Errorf("delete: %s", gone.Body)
	}
	if err := finished(ctx, api, gone.JSON202.Operation); err != nil {
		return err
	}
	return operations(ctx, api)
}

// finished waits for an operation that must end well.
func finished(ctx context.Context, api *generated.ClientWithResponses, id string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		o, err := api.GetOperationWithResponse(ctx, id, nil)
		if err != nil {
			return err
		}
		if o.JSON200 == nil {
			return fmt.Errorf("operation %s: %s", id, o.Body)
		}
		if o.JSON200.State == "done" {
			fmt.Println(o.JSON200.Kind, "done")
			return nil
		}
		if o.JSON200.State != "running" {
			return fmt.Errorf("operation %s: %s", id, o.Body)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// events reads the log as it is, as lines, and counts what was placed.
func events(ctx context.Context, api *generated.ClientWithResponses) error {
	follow, topics := false, []string{"container.placed", "container.healthy"}
	lines := func(_ context.Context, r *http.Request) error {
		r.Header.Set("Accept", "application/x-ndjson")
		return nil
	}
	log, err := api.ReadEvents(ctx, &generated.ReadEventsParams{Follow: &follow, Type: &topics}, lines)
	if err != nil {
		return fmt.Errorf("events: %w", err)
	}
	defer log.Body.Close()
	if log.StatusCode != http.StatusOK {
		return fmt.Errorf("events: %s", log.Status)
	}
	count := map[string]int{}
	for scan := bufio.NewScanner(log.Body); scan.Scan(); {
		var event struct{ Type string }
		if err := json.Unmarshal(scan.Bytes(), &event); err != nil {
			return err
		}
		count[event.Type]++
	}
	fmt.Println("placed:", count["io.clocker.container.placed.v1"], "healthy:", count["io.clocker.container.healthy.v1"])
	return nil
}

// operations reads the list in pages of one.
func operations(ctx context.Context, api *generated.ClientWithResponses) error {
	one, params := int64(1), generated.ListOperationsParams{}
	for params.Limit = &one; ; {
		page, err := api.ListOperationsWithResponse(ctx, &params)
		if err != nil {
			return err
		}
		if page.JSON200 == nil {
			return fmt.Errorf("operations: %s", page.Body)
		}
		for _, o := range page.JSON200.Items {
			fmt.Println("operation:", o.Kind, o.State)
		}
		if params.Cursor = page.JSON200.NextCursor; params.Cursor == nil {
			return nil
		}
	}
}
