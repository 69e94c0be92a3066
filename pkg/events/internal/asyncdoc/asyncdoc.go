package asyncdoc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"clocker.io/pkg/events"
	"clocker.io/pkg/schema"
)

const about = `Every fact that Clocker records, as services hear it: CloudEvents 1.0 in NATS binary mode, one type each, with
a number without gaps in the header ce-sequence and the number of the event that caused it in ce-cause. Facts are add-only:
a field may be added, a breaking change is a new type. The same events, from any number on, are at GET /v1/events of the
API.`

// Document is the AsyncAPI document for a flow and the events that exist, as JSON. Root is the relative path to the
// workspace.
func Document(root string, flow []events.Step, all []events.Event) ([]byte, error) {
	set, err := schema.New(root, []string{"pkg/events", "pkg/clocker"}, reflect.Type.Name)
	if err != nil {
		return nil, err
	}
	channels, messages := map[string]any{}, map[string]any{}
	for _, e := range all {
		name := reflect.TypeOf(e).Name()
		payload, err := set.Of(reflect.TypeOf(e))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		described, _ := set.Components()[name].(map[string]any)
		if described["description"] == nil {
			return nil, fmt.Errorf("%s has no comment that says what it tells", name)
		}
		messages[name] = map[string]any{
			"name": events.Type(e.Topic()), "title": name, "summary": described["description"],
			"contentType": "application/json", "payload": payload, "headers": headers(events.Type(e.Topic())),
		}
		address, parameters := addressOf(e)
		channel := map[string]any{"address": address, "title": e.Topic(),
			"messages": map[string]any{name: map[string]any{"$ref": "#/components/messages/" + name}}}
		if len(parameters) > 0 {
			channel["parameters"] = parameters
		}
		channels[e.Topic()] = channel
	}
	return encode(map[string]any{
		"asyncapi": "3.0.0",
		"info": map[string]any{"title": "Clocker's events", "version": "1", "description": about,
			"license": map[string]any{"name": "Apache License 2.0"}},
		"defaultContentType": "application/json",
		"servers": map[string]any{"nats": map[string]any{"host": "127.0.0.1:4222", "protocol": "nats",
			"description": "The installation's NATS, where it has a port; the auditor's credential reads every event."}},
		"channels":   channels,
		"operations": operations(flow, all),
		"components": map[string]any{"messages": messages, "schemas": set.Components()},
	})
}

func encode(document any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(document)
	return b.Bytes(), err
}

// operations are the steps of the flow, an operation for each event that one states or hears.
func operations(flow []events.Step, all []events.Event) map[string]any {
	names := map[string]string{}
	for _, e := range all {
		names[e.Topic()] = reflect.TypeOf(e).Name()
	}
	out := map[string]any{}
	for _, step := range flow {
		for action, topics := range map[string][]string{"send": step.Emits, "receive": step.On} {
			for _, topic := range topics {
				channel := "#/channels/" + topic
				out[strings.Join([]string{step.Service, step.Row, action, topic}, ".")] = map[string]any{
					"action": action, "title": step.Service + " (" + step.Row + ")", "summary": step.Does,
					"channel":  map[string]any{"$ref": channel},
					"messages": []any{map[string]any{"$ref": channel + "/messages/" + names[topic]}},
				}
			}
		}
	}
	return out
}

// headers are those of CloudEvents' binary mode, with ours.
func headers(kind string) map[string]any {
	text := func(what string) map[string]any { return map[string]any{"type": "string", "description": what} }
	return map[string]any{"type": "object",
		"required": []string{"ce-specversion", "ce-id", "ce-source", "ce-type", "ce-subject", "ce-time", "ce-datacontenttype", "ce-sequence"},
		"properties": map[string]any{
			"ce-specversion":     map[string]any{"const": "1.0"},
			"ce-id":              map[string]any{"type": "string", "format": "uuid", "description": "Its id, which never changes"},
			"ce-source":          text("clocker/ and the service that states it"),
			"ce-type":            map[string]any{"const": kind},
			"ce-subject":         text("What it is about: what of the NATS subject follows the topic"),
			"ce-time":            map[string]any{"type": "string", "format": "date-time", "description": "When it was stated"},
			"ce-datacontenttype": map[string]any{"const": "application/json"},
			"ce-sequence":        text("Its number: gapless, from 1"),
			"ce-cause":           text("Number of the event that caused it, if one did"),
			"traceparent":        text("W3C trace context of the request that led to it"),
		}}
}

// addressOf is the subject of an event with the names of its fields in place of their values.
func addressOf(e events.Event) (string, map[string]any) {
	v := reflect.New(reflect.TypeOf(e)).Elem()
	names := map[string]string{}
	number := 0
	name(v, names, &number)
	subject := events.Subject(v.Interface().(events.Event))
	topic, parameters := events.SubjectRoot+e.Topic(), map[string]any{}
	tokens := strings.Split(strings.TrimPrefix(subject, topic+"."), ".")
	for i, token := range tokens {
		if field, ok := names[token]; ok {
			tokens[i] = "{" + field + "}"
			parameters[field] = map[string]any{"description": "The field " + field + " of the event"}
		}
	}
	return topic + "." + strings.Join(tokens, "."), parameters
}

// name fills the fields of an event with values that tell which field they came from.
func name(v reflect.Value, names map[string]string, number *int) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			name(v.Field(i), names, number)
			continue
		}
		field, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch v.Field(i).Kind() {
		case reflect.String:
			v.Field(i).SetString("field-" + field)
			names["field-"+field] = field
		case reflect.Int, reflect.Int64:
			*number++
			v.Field(i).SetInt(int64(*number))
			names[fmt.Sprint(*number)] = field
		}
	}
}
