-- SPDX-License-Identifier: GPL-2.0
-- For WirePlumber 0.4, what snd-hvsock.conf is for 0.5: priority and latency of the cards.
local function add_rule (direction, priority)
  table.insert (alsa_monitor.rules, {
    matches = { { { "node.name", "matches", "alsa_" .. direction .. ".platform-snd_hvsock.*" } } },
    apply_properties = {
      ["priority.driver"] = priority,
      ["priority.session"] = priority,
      ["latency.internal.ns"] = 70000000,
    },
  })
end

add_rule ("output", 1100)
add_rule ("input", 2100)
