package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"clocker.io/cmd/clocker/internal/client"

	"github.com/spf13/cobra"
)

// version is that of this program, as the Go tool stamped it.
func version() client.Version {
	v := client.Version{Version: "devel", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		v.Version = info.Main.Version
	}
	v.Revision = buildSetting("vcs.revision")
	return v
}

// buildSetting is what the Go tool noted of the build; empty when it did not.
func buildSetting(name string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, setting := range info.Settings {
		if setting.Key == name {
			return setting.Value
		}
	}
	return ""
}

func (s *Shell) version() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Say which version this is, and which one answers", Args: exactly(),
		RunE: func(c *cobra.Command, _ []string) error {
			both := map[string]any{"client": version()}
			text := versionLine("client", version())
			api, err := s.api()
			if err != nil {
				return err
			}
			server, err := client.Get[client.Version](c.Context(), api, client.Path("version"), nil)
			var gone *client.Unreachable
			switch {
			case err == nil:
				both["server"] = server.Raw
				text += versionLine("server", server.Value)
			case errors.As(err, &gone):
				text += "server  none at " + api.Base + "\n"
			default:
				return err
			}
			raw, err := json.Marshal(both)
			if err != nil {
				return err
			}
			return s.show(raw, func() string { return text })
		},
	}
}

func versionLine(who string, v client.Version) string {
	text := fmt.Sprintf("%s  %s", who, v.Version)
	if len(v.Revision) >= 12 {
		text += " " + v.Revision[:12]
	}
	text += " " + v.Go
	if v.Installation != "" {
		text += "  installation " + v.Installation
	}
	return text + "\n"
}
