using System.Text.Json;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using FsCheck.Xunit;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Printing;
using Tidegate.Xds;
using YamlDotNet.Serialization;

namespace Tidegate.Tests.Printing;

/// <summary>Tables, JSON and YAML as Go writes them (cli.md, 0.1 and 0.2).</summary>
public sealed class PrintingTests
{
    [Fact]
    public void A_column_is_as_wide_as_its_longest_cell_and_the_last_cell_is_not_padded()
    {
        var table = new TabTable(3);
        table.Add("A", "BB", "C");
        table.Add("äöü", "", "end");
        table.Add("x", "y", "");
        using var output = new StringWriter();

        table.WriteTo(output);

        Assert.Equal("A     BB   C\näöü        end\nx     y    \n", output.ToString());
    }

    [Fact]
    public void Fields_are_in_the_order_of_the_proto_file_and_defaults_are_left_out()
    {
        var cluster = new Cluster
        {
            Name = "a",
            ConnectTimeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(250)),
            RespectDnsTtl = false,
            Type = Cluster.Types.DiscoveryType.Eds,
            TransportSocketMatches = { new Cluster.Types.TransportSocketMatch { Name = "tls" } }, // number 43, declared first
            TypedExtensionProtocolOptions = { ["z"] = Any.Pack(new StringValue { Value = "<&>" }), ["a"] = new Any { TypeUrl = "type.googleapis.com/unknown.Type", Value = ByteString.CopyFromUtf8("x") } },
        };

        Assert.Equal(
            """
            {
                "transportSocketMatches": [
                    {
                        "name": "tls"
                    }
                ],
                "name": "a",
                "type": "EDS",
                "connectTimeout": "0.250s",
                "typedExtensionProtocolOptions": {
                    "a": {
                        "@type": "type.googleapis.com/unknown.Type",
                        "value": "eA=="
                    },
                    "z": {
                        "@type": "type.googleapis.com/google.protobuf.StringValue",
                        "value": "\u003c\u0026\u003e"
                    }
                }
            }
            """,
            ProtoJson.Format(cluster, ProtoJsonForm.Canonical, indent: 4));
    }

    [Fact]
    public void Proto_names_and_defaults_are_written_on_demand()
    {
        var locality = new Locality { Region = "eu" };

        Assert.Equal("{\n \"region\": \"eu\"\n}", ProtoJson.Format(locality, ProtoJsonForm.ProtoNames, indent: 1));
        Assert.Equal("{\n \"region\": \"eu\",\n \"zone\": \"\",\n \"sub_zone\": \"\"\n}", ProtoJson.Format(locality, ProtoJsonForm.ProtoNamesWithDefaults, indent: 1));
    }

    [Theory]
    [InlineData(0, 0, "0s")]
    [InlineData(1, 500_000_000, "1.500s")]
    [InlineData(0, 1_000, "0.000001s")]
    [InlineData(-1, -1, "-1.000000001s")]
    public void Durations_have_three_digits_or_more(long seconds, int nanos, string text) =>
        Assert.Equal(text, ProtoJson.FormatDuration(new Duration { Seconds = seconds, Nanos = nanos }));

    [Fact]
    public void What_stands_in_an_Any_of_an_unknown_type_survives()
    {
        const string Json = """{"typedConfig":{"@type":"type.googleapis.com/stats.PluginConfig","list":[1,null,{"a":"b"}],"flag":true}}""";
        using JsonDocument document = JsonDocument.Parse(Json);

        IMessage message = ProtoJsonReader.Read(document.RootElement, TypedExtensionConfig.Descriptor);

        Assert.Equal(
            """{"typedConfig":{"@type":"type.googleapis.com/stats.PluginConfig","flag":true,"list":[1,null,{"a":"b"}]}}""",
            string.Concat(ProtoJson.Format(message, ProtoJsonForm.Canonical, indent: 0).Where(c => c != '\n')).Replace(": ", ":", StringComparison.Ordinal));
    }

    [Fact]
    public void The_registry_has_every_message_of_the_assembly()
    {
        IEnumerable<MessageDescriptor> all = typeof(XdsTypeRegistry).Assembly.GetTypes()
            .Where(type => type.IsAssignableTo(typeof(IMessage)) && !type.IsAbstract)
            .Select(type => ((IMessage)Activator.CreateInstance(type)!).Descriptor);

        Assert.Empty(all.Where(type => XdsTypeRegistry.Find(XdsTypes.UrlOf(type)) is null).Select(type => type.FullName));
    }

    [Theory]
    [InlineData("\"plain text\"", "plain text\n")]
    [InlineData("\"404\"", "\"404\"\n")]
    [InlineData("\"true\"", "\"true\"\n")]
    [InlineData("\"\"", "\"\"\n")]
    [InlineData("\"*\"", "'*'\n")]
    [InlineData("\"a: b\"", "'a: b'\n")]
    [InlineData("\"it's\"", "it's\n")]
    [InlineData("\"2024-01-01\"", "\"2024-01-01\"\n")]
    [InlineData("\"0s\"", "0s\n")]
    [InlineData("\"a\\nb\"", "|-\n  a\n  b\n")]
    [InlineData("\"a\\n\"", "|\n  a\n")]
    [InlineData("\"a\\n\\n\"", "|+\n  a\n\n")]
    [InlineData("\"\\n\"", "|2+\n\n")]
    [InlineData("{\"b\":{\"d\":[],\"c\":{}},\"a\":[{\"y\":1,\"x\":[[2]]}]}", "a:\n- x:\n  - - 2\n  \"y\": 1\nb:\n  c: {}\n  d: []\n")]
    public void Yaml_is_quoted_only_where_needed(string json, string yaml) => Assert.Equal(yaml.Replace("\u0020\u0020\u0020y", "  y", StringComparison.Ordinal), GoYaml.FromJson(json));

    [Property]
    public bool Yaml_reads_back_as_the_text_that_was_written(string key, string value)
    {
        if (key is null || value is null || (key + value).Any(c => char.IsSurrogate(c) || c is '\ufffe' or '\uffff')
            || ReaderTakesForAlias(key))
        {
            return true;
        }

        string json = JsonSerializer.Serialize(new Dictionary<string, object> { ["k" + key] = new[] { value, "x" + value } });
        string yaml = GoYaml.FromJson(json);
        var read = new DeserializerBuilder().Build().Deserialize<Dictionary<string, List<string>>>(yaml);
        return read["k" + key][0] == value && read["k" + key][1] == "x" + value;
    }

    // An asterisk starts an alias only at the start of a node (YAML 1.2, section 7.3.3); YamlDotNet finds one inside of a plain key too.
    private static bool ReaderTakesForAlias(string key) => key.Contains(" *", StringComparison.Ordinal);
}
