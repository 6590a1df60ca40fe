// Package description makes the OpenAPI 3.1 document of the API, and the page that shows it, from the table of routes and from what is written
// of each of them in sections/.
//
// # How a route is described
//
// A file of sections/ is a section of the document, in the order in which api.yaml lists them. It has the routes, and the schemas that belong
// to them:
//
//	routes:
//	  POST /v1/claims/{claim}/return:
//	    id: returnClaim                     # the operationId, new and for ever
//	    summary: Return a confirmed claim   # a line
//	    about: All that is left of it.      # more, may be left out
//	    key: required                       # the header Idempotency-Key: required or optional
//	    body: optional Return               # the type of the body, or types by media type
//	    answers:
//	      200: Outcome. It is given back.   # the type of the answer and what it means, by status
//	    problems: [not_confirmed]           # the codes that it refuses with, besides those that follow from what it takes (api.yaml)
//	    example: {amount: 20}               # of a body
//
// What the query has to have stands under `needs`, by an example: needs: {what: ledger}.
//
// Method, path, scope and the names of its parameters are those of the table in internal/api. What a parameter is stands in api.yaml, or under
// `query` of the route where it is another there. A route that does what another one does says so with `as`.
//
// # How a schema is written
//
// A schema is an object that is closed, field by field; a ? marks what may be left out:
//
//	schemas:
//	  Holding:
//	    about: A reward that a member holds.
//	    like: Source                        # has the fields of that one too
//	    fields:
//	      id: id. The id under which it is held.
//	      state: one of held, used. What has become of it.
//	      expires_at: instant or null. When it expires; null for never.
//	      gives?: list of Gift. What it gives.
//
// A field is a type and what it means, with a point and a space between them. Types are the names of schemas, text, text up to 200, text of 1 to 200,
// boolean, integer, integer 1 to 1000, count (0 or more), decimal, amount (above 0), instant, duration, id, seq, object (any), bytes, any, "constant", const
// true, one of a, b; and of these list of T, map of T, page of T, T or null, T or U. What cannot be said like this is written as JSON Schema under
// `schema`, where {is: T} stands for a type.
//
// A route that is not described, or something described that there is no route for, fails a test, and so does every request that was accepted
// and every answer in the tests of internal/api, client and cmd/laurel that does not fit (internal/api/conformance).
package description
