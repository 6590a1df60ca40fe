package lint
import ("testing";"fmt";"path/filepath";"github.com/laurel-engine/laurel/rulesets";"github.com/laurel-engine/laurel/engine/calendar")
func TestZ(t *testing.T){
 files,_ := filepath.Glob("../examples/*/ruleset.yaml")
 files = append(files, "../testdata/everything.good.yaml")
 now,_ := calendar.ParseInstant("2026-11-22T00:00:00Z")
 for _, f := range files { p, d := rulesets.LoadPath(f); if p==nil {fmt.Println(d.Error());continue}; fmt.Println("=====",f); fmt.Print(Run(p,now).Error()) }
}
