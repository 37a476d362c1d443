namespace Temper.Models;

/// <summary>Chat templates by name, for bases that bring none or that shall speak another format. What an assistant wrote is marked; a role that a format does not have is refused.</summary>
public static class BuiltInTemplates
{
    private const string Refuse = "{%- else %}{{- raise_exception('this format has no role ' + message['role']) }}";

    private static readonly Dictionary<string, string> ByName = new(StringComparer.Ordinal)
    {
        ["chatml"] = ChatTemplate.ChatMl,
        ["qwen"] = "{%- if messages[0]['role'] != 'system' %}{{- '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}{%- endif %}" + ChatTemplate.ChatMl,
        ["llama3"] =
            "{{- bos_token }}{%- for message in messages %}{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}" +
            "{%- if message['role'] == 'assistant' %}{% generation %}{{- message['content'] | trim + '<|eot_id|>' }}{% endgeneration %}" +
            "{%- else %}{{- message['content'] | trim + '<|eot_id|>' }}{%- endif %}{%- endfor %}" +
            "{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}",
        ["mistral"] = System("{{- bos_token }}", "'\\n\\n'",
            "{{- '[INST] ' + ns.system + message['content'] + ' [/INST]' }}",
            "{% generation %}{{- ' ' + message['content'] | trim }}{{- eos_token }}{% endgeneration %}", ""),
        ["gemma"] = System("{{- bos_token }}", "'\\n\\n'",
            "{{- '<start_of_turn>user\\n' + ns.system + message['content'] | trim + '<end_of_turn>\\n' }}",
            "{{- '<start_of_turn>model\\n' }}{% generation %}{{- message['content'] | trim + '<end_of_turn>' }}{% endgeneration %}{{- '\\n' }}",
            "{%- if add_generation_prompt %}{{- '<start_of_turn>model\\n' }}{%- endif %}"),
        ["phi3"] = Tagged("'<|' + message['role'] + '|>\\n'", "'<|end|>'", "<|assistant|>\\n"),
        ["zephyr"] = Tagged("'<|' + message['role'] + '|>\\n'", "eos_token", "<|assistant|>\\n"),
        ["alpaca"] = System("{{- bos_token }}", "'\\n\\n'",
            "{{- ns.system + '### Instruction:\\n' + message['content'] + '\\n\\n' }}",
            "{{- '### Response:\\n' }}{% generation %}{{- message['content'] }}{{- eos_token }}{% endgeneration %}{{- '\\n\\n' }}",
            "{%- if add_generation_prompt %}{{- '### Response:\\n' }}{%- endif %}"),
    };

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names => [.. ByName.Keys];

    /// <summary>The template of that name as Jinja, or null.</summary>
    public static string? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Formats without a role for the system: what it says stands before the next question.</summary>
    private static string System(string begin, string behind, string user, string assistant, string prompt) =>
        begin + "{%- set ns = namespace(system='') %}{%- for message in messages %}" +
        "{%- if message['role'] == 'system' %}{%- set ns.system = ns.system + message['content'] | trim + " + behind + " %}" +
        "{%- elif message['role'] == 'user' %}" + user + "{%- set ns.system = '' %}" +
        "{%- elif message['role'] == 'assistant' %}" + assistant + Refuse + "{%- endif %}{%- endfor %}" + prompt;

    /// <summary>Formats whose turns are a role, the words, an end and a line feed.</summary>
    private static string Tagged(string begin, string end, string prompt) =>
        "{%- for message in messages %}{%- if message['role'] in ['system', 'user', 'assistant'] %}{{- " + begin + " }}" +
        "{%- if message['role'] == 'assistant' %}{% generation %}{{- message['content'] }}{{- " + end + " }}{% endgeneration %}" +
        "{%- else %}{{- message['content'] }}{{- " + end + " }}{%- endif %}{{- '\\n' }}" + Refuse + "{%- endif %}{%- endfor %}" +
        "{%- if add_generation_prompt %}{{- '" + prompt + "' }}{%- endif %}";
}
