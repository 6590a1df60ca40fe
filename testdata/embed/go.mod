module example.com/loyalty

go 1.26

require github.com/laurel-engine/laurel v0.0.0

replace github.com/laurel-engine/laurel => ../..
