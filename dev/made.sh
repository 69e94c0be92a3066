# What the demo made, written down before it is made, so that dev/clean-demo takes away that and nothing else. Sourced,
# never run.
# shellcheck shell=bash

# The file lies beside the data directory, which may go with the demo.
made_file() { printf '%s.demo\n' "$(data_dir)"; }

# note adds one of: base-image, data, up, shop.
note() {
  made "$1" || {
    mkdir -p "$(dirname "$(made_file)")"
    echo "$1" >>"$(made_file)"
  }
}

# made says whether the demo made it.
made() { [ -e "$(made_file)" ] && grep -qx "$1" "$(made_file)"; }
