#!/usr/bin/env python3
"""Golden renderings of chat templates by Python's Jinja2, set up as transformers does. The templates are our own, in the manners of known
families. Usage: templates.py OUT.json   (Debian: apt-get install python3-jinja2)"""
import json, sys
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
CHATS = {
    "simple": [("user", "Where is it?"), ("assistant", "In Haverstrand.")],
    "system": [("system", "You are  kind. "), ("user", " Hello,\nyou! "), ("assistant", "Hi \"there\" 你好 \U0001f600"), ("user", "Bye?")],
    "long": [("user", "a"), ("assistant", "<think>hm</think>\n\nb"), ("user", "c {{ x }} {% if %}"), ("assistant", "d"), ("user", "e"), ("assistant", "")],
    "roles": [("assistant", "first"), ("user", "then")],
}
TOOLS = [{"name": "find", "description": "Finds <things> & 'stuff'", "parameters": {"n": 1, "x": 2.0, "deep": {"list": [1, "ü", None, False], "empty": {}, "none": []}}}]
VARIABLES = dict(bos_token="<s>", eos_token="</s>")

cases = []
for name, source in TEMPLATES.items():
    for chat, turns in CHATS.items():
        for prompt in (False, True):
            extra = {"tools": TOOLS, "enable_thinking": False} if prompt else {}
            values = dict(VARIABLES, messages=[dict(role=r, content=c) for r, c in turns], tools=None, documents=None, add_generation_prompt=prompt)
            values.update(extra)
            try:
                case = dict(text=env.from_string(source).render(**values))
            except Exception as error:
                case = dict(error=type(error).__name__)
            cases.append(dict(template=name, chat=chat, prompt=prompt, **case))
with open(sys.argv[1], "w") as f:
    json.dump(dict(templates=TEMPLATES, chats=CHATS, tools=TOOLS, variables=VARIABLES, cases=cases), f, ensure_ascii=False, indent=1)
print(len(cases), sum("error" in c for c in cases))
