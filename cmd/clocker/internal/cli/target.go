package cli

import (
	"fmt"
	"strconv"
	"strings"

	"clocker.io/pkg/clocker"
)

// target is what a command is about: an application, one of its entities, or one container of it.
type target struct {
	app, entity string
	ordinal     int // -1 when no container is named
}

func (t target) String() string {
	switch {
	case t.entity == "":
		return t.app
	case t.ordinal < 0:
		return t.app + "/" + t.entity
	default:
		return t.app + "/" + t.entity + "/" + strconv.Itoa(t.ordinal)
	}
}

func (t target) number() string { return strconv.Itoa(t.ordinal) }

// parseTarget reads APP, APP/ENTITY or APP/ENTITY/N.
func parseTarget(text string) (target, error) {
	parts := strings.Split(text, "/")
	t := target{app: parts[0], ordinal: -1}
	if len(parts) > 3 || !clocker.ValidID(t.app) {
		return t, badTarget(text)
	}
	if len(parts) > 1 {
		if t.entity = parts[1]; !clocker.ValidID(t.entity) {
			return t, badTarget(text)
		}
	}
	if len(parts) > 2 {
		n, err := strconv.Atoi(parts[2])
		if err != nil || n < 0 || strconv.Itoa(n) != parts[2] {
			return t, badTarget(text)
		}
		t.ordinal = n
	}
	return t, nil
}

func badTarget(text string) error {
	if small := strings.ToLower(text); small != text {
		if _, err := parseTarget(small); err == nil {
			return &usageError{fmt.Sprintf("%q names nothing, as ids are in small letters; did you mean %s?", text, small)}
		}
	}
	return &usageError{fmt.Sprintf("%q names nothing: write APP, APP/ENTITY or APP/ENTITY/N, such as shop/web/0", text)}
}

// parseContainer reads APP/ENTITY/N and nothing shorter.
func parseContainer(text string) (target, error) {
	t, err := parseTarget(text)
	if err == nil && t.ordinal < 0 {
		err = &usageError{fmt.Sprintf("%q is no container: write APP/ENTITY/N, such as shop/web/0", text)}
	}
	return t, err
}

// parseScale reads APP/ENTITY=N.
func parseScale(text string) (t target, size int, err error) {
	left, right, ok := strings.Cut(text, "=")
	if ok {
		if t, err = parseTarget(left); err != nil {
			return t, 0, err
		}
		size, err = strconv.Atoi(right)
	}
	if strings.HasPrefix(right, "+") || strings.HasPrefix(right, "-") {
		return t, 0, &usageError{fmt.Sprintf("%q is no size: it is how many members there should be, and not how many more or less, such as %s=3", right, left)}
	}
	if !ok || err != nil || size < 0 || t.entity == "" || t.ordinal >= 0 {
		return t, 0, &usageError{fmt.Sprintf("%q is no size of an entity: write APP/ENTITY=N, such as shop/web=3", text)}
	}
	return t, size, nil
}
