#!/usr/bin/env python3
"""Golden renderings of chat templates, and the spans of what the assistant wrote, by Python's Jinja2, set up as transformers does. The
templates are our own, in the manners of known families: those below, and *.jinja in the data folder's templates/.
Usage: templates.py DATA_FOLDER   (Debian: apt-get install python3-jinja2)
With a second argument, a folder of other people's templates, it writes their renderings to /tmp/temper-templates.json instead."""
import datetime, glob, json, os, sys
from jinja2 import nodes, TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_run"), [], [], body).set_lineno(line)

    def _run(self, caller):
        return "\ue000" + caller() + "\ue001"


def raise_exception(message):
    raise TemplateError(message)


env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
env.filters["tojson"] = lambda x, ensure_ascii=False, indent=None, separators=None, sort_keys=False: json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)
env.globals["raise_exception"] = raise_exception

TEMPLATES = {
    "chatml": "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "chatml_generation": "{%- for m in messages %}\n    {%- if m.role == 'assistant' %}\n        {{- '<|im_start|>assistant\\n' }}{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}{{ '\\n' }}\n    {%- else %}\n        {{- '<|im_start|>' ~ m.role ~ '\\n' ~ m.content ~ '<|im_end|>\\n' }}\n    {%- endif %}\n{%- endfor %}\n{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
    "headers": "{{- bos_token }}\n{%- if messages[0]['role'] == 'system' %}\n    {%- set system_message = messages[0]['content']|trim %}\n    {%- set messages = messages[1:] %}\n{%- else %}\n    {%- set system_message = \"\" %}\n{%- endif %}\n{{- \"<|start|>system<|end|>\\n\\n\" }}{{- system_message }}{{- \"<|eot|>\" }}\n{%- for message in messages %}\n    {{- '<|start|>' + message['role'] + '<|end|>\\n\\n' + message['content'] | trim + '<|eot|>' }}\n{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '<|start|>assistant<|end|>\\n\\n' }}\n{%- endif %}\n",
    "inst": "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}",
    "turns": "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<turn>' + role + '\n' + message['content'] | trim + '</turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{'<turn>model\n'}}{% endif %}",
    "namespace": "{% set ns = namespace(found=false, count=0) %}{% for m in messages[::-1] %}{% if m.role == 'user' and not ns.found %}{% set ns.found = true %}{% set ns.last = loop.revindex0 %}{% endif %}{% set ns.count = ns.count + m.content|length %}{% endfor %}{{ ns.found }} {{ ns.last }} {{ ns.count }}{% for m in messages if m.role != 'system' %}\n  {{ loop.index }}/{{ loop.length }} {{ 'first' if loop.first }}{{ 'last' if loop.last else '' }} {{ loop.previtem.role if loop.previtem is defined else '-' }}>{{ m.role }}: {{ m.content }}\n{% else %}\nnothing\n{% endfor %}",
    "macro": "{%- macro turn(role, content, end='<end>') -%}\n<{{ role|upper }}>{{ content|trim }}{{ end }}\n{% endmacro -%}\n{%- for m in messages -%}\n{{ turn(m.role, m['content']) }}{{ turn(content='x', role='note', end='') }}\n{%- endfor -%}",
    "tools": "{%- if tools %}\n{{- '<tools>' }}{% for tool in tools %}{{- '\\n' ~ tool | tojson }}{% endfor %}{{- '\\n</tools>' }}\n{%- endif %}\n{{ tools | tojson(indent=2) if tools else 'no tools' }}\n{% for k, v in (tools[0] if tools else {}) | items %}{{ k }}={{ v }};{% endfor %}{{ (tools or [{}])[0].get('name', 'none') }} {{ documents is none }} {{ tools is defined and tools is not none }}",
    "filters": "{{ messages|map(attribute='role')|join(', ') }}|{{ messages|selectattr('role', 'equalto', 'user')|list|length }}|{{ messages|rejectattr('role', 'in', ['user', 'system'])|map(attribute='content')|first|default('none', true) }}|{{ {'b': 1, 'A': 2, 'c': [1.5, none, true]}|dictsort }}|{{ [3, 1, 2]|sort|reverse|list }}|{{ 'Hello World'|replace('o', '0')|capitalize }}|{{ '  x '|trim|upper }}|{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 5 }}|{{ [1, 2] + [3] }}|{{ (1, 'a') }}|{{ 'ab' * 3 }}|{{ undefined_name }}|{{ undefined_name is defined }}|{{ missing|default('d') }}|{{ 1e-7 if false else 0.1 }}|{{ 10000000000.5 }}|{{ 'it\\'s' ~ \"\\t\" }}|{{ ['a\\'b', \"c\"] }}|{{ true }} {{ none }} {{ 3 is odd }} {{ 'x' is string }} {{ {} is mapping }} {{ [] is iterable }} {{ 4 is divisibleby 2 }}|{{ 'abc'[::-1] }} {{ 'abcdef'[1:-1:2] }} {{ [0,1,2,3][-2:] }}",
    "strings": "{% set parts = messages[-1].content.split(' ') %}{{ parts }}{{ parts|length }}|{{ messages[0].content.startswith('You') }} {{ messages[-1].content.endswith(('?', '.')) }}|{{ 'a-b-c'.split('-', 1) }}|{{ ' a  b '.split() }}|{{ 'xxaxx'.strip('x') }} {{ 'xxaxx'.lstrip('x') }}|{{ 'Ab'.lower() }}{{ 'Ab'.title() }}|{{ 'a,b'.replace(',', ';') }}|{{ ', '.join(['p', 'q']) }}|{{ 'abc'.find('c') }} {{ 'banana'.count('an') }}|{{ '%' }}{{ '5'|int + 2 }}{{ 3.7|int }} {{ '2.5'|float }}|{{ [1, 2, 3]|sum }} {{ [4, 9, 2]|max }} {{ [4, 9, 2]|min }} {{ 2.5|round }} {{ -3|abs }}|{{ 'line1\nline2'|indent(4) }}",
    "loops": "{% for m in messages %}{% if m.role == 'system' %}{% continue %}{% endif %}{% if loop.index > 3 %}{% break %}{% endif %}[{{ loop.index0 }}{{ loop.cycle('a', 'b') }}]{% endfor %}{% for i in range(1, 10, 4) %}{{ i }},{% endfor %}{% for a, b in [(1, 2), (3, 4)] %}{{ a }}-{{ b }} {% endfor %}{% set x = 1 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}{% set block %}\n  captured {{ x }}\n{% endset %}[{{ block }}]{% set y | upper %}loud{% endset %}{{ y }}",
    "space": "a\n  {% if true %}\n    b\n  {%- endif %}\n  {# note #}\nc {{- ' d ' -}} e\n{%+ if true %} f {% endif +%}\ng\n  {{ 'h' }}  \n{% raw %}{{ not }}{% endraw %}\n{%- set q = 1 -%}\n   i\n\n",
    "thinking": "{%- for m in messages %}{%- if m.role == 'assistant' %}{% set content = m.content.split('</think>')[-1].lstrip('\\n') if '</think>' in m.content else m.content %}{{- '<|im_start|>assistant\\n' + ('<think>\\n\\n</think>\\n\\n' if loop.last else '') + content + '<|im_end|>\\n' }}{%- else %}{{- '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{%- endif %}{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}{%- endif %}",
    "mutation": "{% set _ = messages.append({'role': 'x'}) %}{{ messages|length }}",
    "undefined_attribute": "{{ nothing.at.all }}",
}
CALL = {"id": "call00001", "type": "function", "function": {"name": "get_weather", "arguments": {"city": "Ü <b>", "unit": "c", "n": 3}}}
CHATS = {
    "simple": [dict(role="user", content="Where is it?"), dict(role="assistant", content="In Haverstrand.")],
    "system": [dict(role="system", content="You are  kind. "), dict(role="user", content=" Hello,\nyou! "), dict(role="assistant", content="Hi \"there\" 你好 \U0001f600"), dict(role="user", content="Bye?")],
    "long": [dict(role=r, content=c) for r, c in [("user", "a"), ("assistant", "<think>hm</think>\n\nb"), ("user", "c {{ x }} {% if %}"), ("assistant", "d"), ("user", "e"), ("assistant", "")]],
    "roles": [dict(role="assistant", content="first"), dict(role="user", content="then")],
    "tools": [dict(role="system", content="S"), dict(role="user", content="Weather?"), dict(role="assistant", content="", tool_calls=[CALL]), dict(role="tool", name="get_weather", tool_call_id="call00001", content="{\"t\": 21.5}"),
              dict(role="assistant", content="It is 21.5.")],
    "thinking": [dict(role="user", content="a"), dict(role="assistant", content="b", reasoning_content="why\nnot"), dict(role="user", content="c"), dict(role="assistant", content="d 𠀀", reasoning_content=None)],
    "parts": [dict(role="user", content=[dict(type="image"), dict(type="text", text=" What is this? ")]), dict(role="assistant", content="A box.")],
}
TOOLS = [{"type": "function", "function": {"name": "get_weather", "description": "Finds <things> & 'stuff'", "parameters": {"type": "object", "properties": {"city": {"type": "string", "description": "Ü"}, "unit": {"type": "string", "enum": ["c", "f"]},
          "days": {"type": "array", "items": {"type": "number"}}}, "required": ["city"]}}}]
VARIABLES = dict(bos_token="<s>", eos_token="</s>")
NOW = datetime.datetime(2026, 11, 5, 8, 3, 9)
env.globals["strftime_now"] = NOW.strftime


def render(template, messages, prompt, tools=None, **extra):
    return template.render(**dict(VARIABLES, messages=messages, tools=tools, documents=None, add_generation_prompt=prompt, **extra))


def marked(text):
    """The text without marks, and the spans between them, in characters."""
    out, spans = [], []
    for c in text:
        if c == "\ue000":
            spans.append([len(out), None])
        elif c == "\ue001":
            next(s for s in reversed(spans) if s[1] is None)[1] = len(out)
        else:
            out.append(c)
    return "".join(out), spans


def spans(template, messages, text, found, tools):
    """Generation tags when there is one for each turn, or else differences of prefixes, or else nothing."""
    turns = [i for i, m in enumerate(messages) if m["role"] == "assistant"]
    if len(found) == len(turns):
        return found
    result = []
    for i in turns:
        try:
            before = marked(render(template, messages[:i], True, tools))[0]
            through = marked(render(template, messages[:i + 1], False, tools))[0]
        except Exception:
            return None
        if not through.startswith(before) or not text.startswith(through):
            return None
        result.append([len(before), len(through)])
    return result


foreign = len(sys.argv) > 2
sources = {} if foreign else dict(TEMPLATES)
for path in sorted(glob.glob(os.path.join(sys.argv[2] if foreign else os.path.join(sys.argv[1], "templates"), "*.jinja"))):
    sources[os.path.basename(path)[:-6]] = open(path, encoding="utf-8", newline="").read()
cases = []
for name, source in sources.items():
    for chat, messages in CHATS.items():
        for prompt in (False, True):
            tools = TOOLS if chat == "tools" else None
            case = dict(template=name, chat=chat, prompt=prompt)
            try:
                template = env.from_string(source)
                text, found = marked(render(template, messages, prompt, tools, **(dict(enable_thinking=False) if prompt else {})))
                case["text"] = text
                if not prompt:
                    case["spans"] = spans(template, messages, text, found, tools)
            except Exception as error:
                case["error"] = str(error)
            cases.append(case)
out = dict(templates=sources if foreign else TEMPLATES, chats=CHATS, tools=TOOLS, variables=VARIABLES, cases=cases)
with open("/tmp/temper-templates.json" if foreign else os.path.join(sys.argv[1], "templates-golden.json"), "w") as f:
    json.dump(out, f, ensure_ascii=False, indent=None)
    f.write("\n")
print(len(sources), "templates,", len(cases), "renderings,", sum("error" in c for c in cases), "refused,", sum(c.get("spans") is not None for c in cases), "with spans")
