using YamlDotNet.RepresentationModel;

namespace Tidegate.Tests.Contract;

/// <summary>All manifests that this repository has: the cases, the samples, the validation cases; as they are, or with one value changed to an odd one.</summary>
internal static class ManifestCorpus
{
    // What is wrong somewhere: in texts, expressions, formats, hosts, paths, numbers, durations.
    private static readonly string[] OddValues =
    [
        "", " ", "*", "**", "*.", "*a.example.com", "a.*.com", ".", "..", "-", "_", "/", "//", "/../a", "/a b", "a b", "a,b", "a;b", "a\tb", "a\nb", "a\u0001b", "ä", "😀",
        "%", "%%", "%FOO%", "%REQ(X)%", "%REQ(X", "%PATH(NQ)%", "%START_TIME(%9999f)%", "(", "(?)/x", "[😀-😂]", "(?<!a)b", "a{1001}", "((a{1,30}){1,30})b",
        "(?:.{500}){3}.{500}", "\\9", "\\1", "\\", "$1", "0", "1", "-1", "100", "101", "0.00001", "1e300", "NaN", "199", "300", "304", "317", "399", "600", "65535", "65536",
        "2147483647", "2147483648", "4294967295", "4294967296", "8388609", "5000011", "true", "null", "~", "0s", "1ns", "1.000000001s", "-1s", "1ms", "99999999h", "2562047h",
        "127.0.0.1", "127.1", "::1", "[::1]", "10.0.0.0/33", "unix:///x", "unix:///", "@", "HTTP", "TLS", "TCP", "MUTUAL", "SIMPLE", "PASSTHROUGH", "RANDOM", "LEAST_CONN",
        "host", "Host", ":path", ":authority", "@request.auth.claims.group", "@request.auth.claims[a][b]", "connection", "mesh", "prod/web", "a/b/c", "5xx,503,bogus", "NOT_FOUND",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com", "\u2028", "{}", "[]",
    ];

    private static readonly Dictionary<string, string> Texts = Read();

    /// <summary>The manifests, by their paths.</summary>
    public static IEnumerable<string> Names => Texts.Keys.Order(StringComparer.Ordinal);

    /// <summary>The text of a manifest.</summary>
    public static string Text(string name) => Texts[name];

    /// <summary>
    /// One of the manifests with one value, or one key of a mapping, changed. Not of an EnvoyFilter: what it adds may be anything that Envoy has, and
    /// what the proxy then leaves out is named by its object and line. Nor of the cases of analysis: they are about kinds that nothing is made of.
    /// </summary>
    public static string WithOddValue(Random random, out string change)
    {
        string[] names = [.. Names.Where(static name =>
            !name.Contains("envoy-filter", StringComparison.Ordinal) && !name.Contains("analysis", StringComparison.Ordinal))];
        string name = names[random.Next(names.Length)];
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Texts[name]));
        List<(YamlNode? Parent, YamlNode Key, YamlScalarNode Value, string Path)> values = [];
        foreach (YamlDocument document in yaml.Documents)
        {
            Collect(document.RootNode, string.Empty, values);
        }

        (YamlNode? parent, YamlNode key, YamlScalarNode value, string path) = values[random.Next(values.Count)];
        string odd = OddValues[random.Next(OddValues.Length)];
        change = $"{name}: {path}: {value.Value} -> {odd}";
        if (parent is YamlMappingNode mapping && random.Next(4) == 0 && !mapping.Children.ContainsKey(new YamlScalarNode(odd)))
        {
            change = $"{name}: {path}: the key -> {odd}";
            YamlNode kept = mapping.Children[key];
            mapping.Children.Remove(key);
            mapping.Children.Add(new YamlScalarNode(odd), kept);
        }
        else
        {
            value.Value = odd;
            value.Style = random.Next(2) == 0 ? YamlDotNet.Core.ScalarStyle.Any : YamlDotNet.Core.ScalarStyle.DoubleQuoted;
        }

        var text = new StringWriter();
        yaml.Save(text, assignAnchors: false);
        return text.ToString();
    }

    private static void Collect(YamlNode node, string path, List<(YamlNode? Parent, YamlNode Key, YamlScalarNode Value, string Path)> values)
    {
        switch (node)
        {
            case YamlMappingNode mapping:
                foreach ((YamlNode key, YamlNode value) in mapping.Children)
                {
                    string place = $"{path}.{key}";
                    if (place is ".apiVersion" or ".kind" or ".metadata")
                    {
                        continue;
                    }

                    if (value is YamlScalarNode scalar)
                    {
                        values.Add((mapping, key, scalar, place));
                    }

                    Collect(value, place, values);
                }

                break;
            case YamlSequenceNode sequence:
                for (int i = 0; i < sequence.Children.Count; i++)
                {
                    if (sequence.Children[i] is YamlScalarNode scalar)
                    {
                        values.Add((null, scalar, scalar, $"{path}[{i}]"));
                    }

                    Collect(sequence.Children[i], $"{path}[{i}]", values);
                }

                break;
        }
    }

    private static Dictionary<string, string> Read()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Tidegate.slnx")))
        {
            root = Path.GetDirectoryName(root) ?? throw new DirectoryNotFoundException("no Tidegate.slnx above the tests");
        }

        string[] folders = [Path.Combine("tests", "cases"), "samples", Path.Combine("tests", "Tidegate.Pilot.Tests", "Validation", "cases")];
        return folders
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(root, folder), "*.yaml", SearchOption.AllDirectories))
            .Select(file => (Name: Path.GetRelativePath(root, file), Text: File.ReadAllText(file)))
            .Where(static file => IsReadable(file.Text))
            .ToDictionary(static file => file.Name, static file => file.Text);
    }

    // Some cases are about text that is no YAML.
    private static bool IsReadable(string text)
    {
        try
        {
            var yaml = new YamlStream();
            yaml.Load(new StringReader(text));
            return yaml.Documents.Any(static document => document.RootNode is YamlMappingNode { Children.Count: > 3 });
        }
        catch (YamlDotNet.Core.YamlException)
        {
            return false;
        }
    }
}
