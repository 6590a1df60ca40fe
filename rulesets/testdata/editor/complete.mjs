// Asks yaml-language-server, as an editor does, what can be written at the place marked with | in a ruleset, and prints it.
// usage: node complete.mjs SERVER SCHEMA RULESET
import {spawn} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {pathToFileURL} from 'node:url'

const [server, schema, file] = process.argv.slice(2)
const marked = readFileSync(file, 'utf8')
const before = marked.slice(0, marked.indexOf('|')).split('\n')
const text = marked.replace('|', '')
const position = {line: before.length - 1, character: before.at(-1).length}
const uri = 'file:///ruleset.yaml'

const child = spawn(process.execPath, [server, '--stdio'], {stdio: ['pipe', 'pipe', 'inherit']})
const send = message => {
  const body = JSON.stringify({jsonrpc: '2.0', ...message})
  child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}
const settings = {yaml: {schemas: {[pathToFileURL(schema)]: '*.yaml'}, completion: true, hover: true, validate: true}}

function answer(message) {
  if (message.method === 'workspace/configuration') {
    send({id: message.id, result: message.params.items.map(i => i.section === 'yaml' ? settings.yaml : {})})
  } else if (message.method && message.id !== undefined) {
    send({id: message.id, result: null})
  } else if (message.id === 1) {
    send({method: 'initialized', params: {}})
    send({method: 'workspace/didChangeConfiguration', params: {settings}})
    send({method: 'textDocument/didOpen', params: {textDocument: {uri, languageId: 'yaml', version: 1, text}}})
  } else if (message.method === 'textDocument/publishDiagnostics') { // it has read the schema
    send({id: 2, method: 'textDocument/completion', params: {textDocument: {uri}, position}})
  } else if (message.id === 2) {
    const items = message.result.items ?? message.result
    for (const i of items.map(i => [i.label, (i.documentation?.value ?? i.documentation ?? '').split('\n')[0]]).sort()) {
      console.log(i[1] ? `${i[0]}  ${i[1]}` : i[0])
    }
    child.kill()
  }
}

let received = Buffer.alloc(0)
child.stdout.on('data', data => {
  received = Buffer.concat([received, data])
  for (;;) {
    const head = received.indexOf('\r\n\r\n')
    const length = /Content-Length: (\d+)/.exec(received.subarray(0, Math.max(head, 0)).toString())
    if (!length || received.length < head + 4 + Number(length[1])) return
    const body = received.subarray(head + 4, head + 4 + Number(length[1]))
    received = received.subarray(head + 4 + Number(length[1]))
    answer(JSON.parse(body))
  }
})
send({id: 1, method: 'initialize', params: {processId: process.pid, rootUri: null, capabilities: {workspace: {configuration: true}, textDocument: {completion: {completionItem: {documentationFormat: ['markdown']}}}}}})
