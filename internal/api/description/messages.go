package description

import (
	"strings"
)

// messageSchema is the name of the schema of a type of message: TierReachedMessage.
func messageSchema(typ string) string {
	var b strings.Builder
	for _, word := range strings.Split(typ, "_") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String() + "Message"
}

// messages are the schemas of what webhooks are told.
func (m *maker) messages() object {
	var said, types named[string]
	for _, s := range m.sections {
		said, types = append(said, s.Messages...), append(types, s.Types...)
	}
	var all []string
	out, mapping := object{}, object{}
	for _, message := range m.facts.Messages {
		data := object{{"member", m.line("id. Whom it is about.")}, {"number", m.line("integer. Counts what happened to the member, from 1 without gaps.")},
			{"event", m.line("id. The event that brought it to light.")}}
		for _, f := range message.Fields {
			text, found := said.find(f)
			if !found {
				m.wrong("sections/webhooks.yaml: what the field %s of messages is has to be said, under `messages`", f)
				continue
			}
			data.set(f, m.line(text))
		}
		name := messageSchema(message.Type)
		about, found := types.find(message.Type)
		if !found {
			m.wrong("sections/webhooks.yaml: what the message %s is has to be said, under `types`", message.Type)
		}
		all = append(all, name)
		mapping.set(message.Type, "#/components/schemas/"+name)
		out.set(name, object{{"type", "object"}, {"properties", object{
			{"type", object{{"const", message.Type}}},
			{"timestamp", m.line("instant. When it became true.")},
			{"data", object{{"type", "object"}, {"properties", data}, {"required", []any{"event"}}, {"additionalProperties", false}}},
		}}, {"required", []any{"type", "timestamp", "data"}}, {"additionalProperties", false}, {"description", about}})
	}
	out.set("Message", object{{"oneOf", refs(all)}, {"discriminator", object{{"propertyName", "type"}, {"mapping", mapping}}},
		{"description", "What webhooks are told, and streams. Fields without a value are left out."}})
	return out
}

func (m *maker) line(text string) object {
	made, err := described(text)
	if err != nil {
		m.wrong("%q: %w", text, err)
	}
	return made
}

// webhooks are the calls that receivers get.
func (m *maker) webhooks() object {
	out := object{}
	header := func(name, about string) object {
		return object{{"name", name}, {"in", "header"}, {"required", true}, {"description", about}, {"schema", object{{"type", "string"}}}}
	}
	for _, message := range m.facts.Messages {
		out.set(message.Type, object{{"post", object{
			{"operationId", "webhook_" + message.Type}, {"summary", message.Type}, {"tags", []any{"Webhooks"}},
			{"parameters", []any{header("webhook-id", "Names the message; the same on each try."), header("webhook-timestamp", "When this try was made, in seconds."),
				header("webhook-signature", "v1, and the base64 of HMAC-SHA256; several are separated by a space.")}},
			{"requestBody", object{{"required", true}, {"content", object{{mediaJSON, object{{"schema", refs([]string{messageSchema(message.Type)})[0]}}}}}}},
			{"responses", object{{"2XX", object{{"description", "It is taken as delivered."}}}, {"410", object{{"description", "The webhook is disabled."}}}}},
		}}})
	}
	return out
}
