using System.Diagnostics;
using System.Globalization;
using System.Text;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Yaml;
using Xunit.Sdk;

namespace Tidegate.Pilot.Tests.Sources;

/// <summary>
/// Runs the YAML reader and the manifest reader on mutations of manifests for a short while. <c>TIDEGATE_FUZZ_SECONDS</c> makes it longer,
/// <c>TIDEGATE_FUZZ_SEED</c> starts elsewhere; a failure tells its seed, with which it fails again at once.
/// </summary>
public sealed class YamlFuzzTests
{
    private const int Count = 4000;

    private static readonly string[] Fragments =
    [
        "---\n", "...\n", "- ", ": ", "? ", "&a ", "*a", "<<: *a\n", "!!binary ", "!<tag:x,2000:y> ", "|\n", ">-\n", "'", "\"", "\\x00", "\0", "\t", "  ", "{", "}", "[", "]",
        ",", "#", "%YAML 1.2\n", "%TAG ! x\n", "kind: List\nitems:\n", "null", "~", "1e400", "0x1F", "-9223372036854775809", "2026-01-01", "\uFEFF", "\u2028", "\r\n", "items: [",
        "spec:\n  http:\n  - route:\n", "timeout: -1s\n", "metadata:\n  name: x\n", "apiVersion: v1\n",
    ];

    private static readonly string[] Corpus =
    [
        """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: shop, namespace: shop, labels: {a: b}}
        spec:
          selector: {istio: ingressgateway}
          servers:
          - port: {number: 443, name: https, protocol: HTTPS}
            hosts: ["*.shop.test", 'other/x.test']
            tls: {mode: SIMPLE, credentialName: shop}
        """,
        """
        # a comment
        apiVersion: networking.istio.io/v1beta1
        kind: VirtualService
        metadata:
          name: webapp
        spec:
          hosts: &hosts
          - shop.test
          gateways: *hosts
          http:
          - match:
            - uri: {regex: "/a(b|c)+"}
              headers: {x-user: {exact: jason}}
            route:
            - destination: {host: webapp, port: {number: 80}}
              weight: 100
            retries: {attempts: 3, perTryTimeout: 2s, retryOn: "5xx,reset"}
            fault: {abort: {httpStatus: 503, percentage: {value: 0.1}}}
        ---
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "webapp"}, "spec": {"ports": [{"port": 80, "targetPort": "http"}]}}
        """,
        """
        apiVersion: v1
        kind: List
        items:
        - apiVersion: v1
          kind: Secret
          metadata: {name: cert}
          type: kubernetes.io/tls
          data: {tls.crt: QUJD, tls.key: "QUJD"}
          stringData:
            note: |
              several
              lines
        - apiVersion: discovery.k8s.io/v1
          kind: EndpointSlice
          metadata: {name: webapp-1, labels: {kubernetes.io/service-name: webapp}}
          addressType: IPv4
          ports: [{name: http, port: 8080}]
          endpoints: [{addresses: [10.0.0.1], conditions: {ready: true}}]
        """,
    ];

    [Fact]
    public void Any_text_is_read_to_objects_and_diagnostics_and_never_fails() => Run(text =>
    {
        Manifest manifest = new ManifestReader("default").Read("fuzz.yaml", text);
        Assert.All(manifest.Diagnostics, diagnostic => Assert.StartsWith("fuzz.yaml:", diagnostic.ToString(), StringComparison.Ordinal));
        Assert.All(manifest.Refused, key => Assert.Contains(manifest.Diagnostics, diagnostic => diagnostic.Resource == key));
        Assert.True(manifest.HasUnreadableDocument || manifest.Diagnostics.All(diagnostic => diagnostic.Code != "unreadable"));
    });

    [Fact]
    public void What_stands_before_a_broken_document_is_read() => Run(text =>
    {
        Manifest manifest = new ManifestReader("default").Read("fuzz.yaml", $"{Corpus[0]}\n---\n{text}");
        Assert.Equal("shop", manifest.Resources[0].Name);
    });

    [Theory]
    [InlineData("[", 100_000)]
    [InlineData("{a: ", 100_000)]
    [InlineData("- ", 20_000)]
    public void Deep_nesting_is_an_error_and_not_the_end(string opening, int depth)
    {
        YamlDocument document = YamlReader.Read(string.Concat(Enumerable.Repeat(opening, depth))).First();

        Assert.NotNull(document.Error);
    }

    [Fact]
    public void Aliases_that_multiply_are_an_error_and_not_the_end()
    {
        var text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        }

        YamlDocument document = YamlReader.Read(text.ToString()).First();

        Assert.NotNull(document.Error);
    }

    private static void Run(Action<string> target)
    {
        int seed = Setting("TIDEGATE_FUZZ_SEED", 1);
        int seconds = Setting("TIDEGATE_FUZZ_SECONDS", 0);
        long end = Stopwatch.GetTimestamp() + (Math.Max(seconds, 4) * Stopwatch.Frequency);
        for (int i = 0; (i < Count || seconds > 0) && Stopwatch.GetTimestamp() < end; i++)
        {
            string text = Mutate(new Random(seed + i));
            try
            {
                target(text);
            }
            catch (Exception exception)
            {
                throw new XunitException($"seed {seed + i}: {System.Text.Json.JsonSerializer.Serialize(text)}", exception);
            }
        }
    }

    private static string Mutate(Random random)
    {
        var text = new StringBuilder(Corpus[random.Next(Corpus.Length)]);
        for (int i = random.Next(1, 6); i > 0; i--)
        {
            int at = random.Next(text.Length + 1);
            int length = Math.Min(random.Next(1, 20), text.Length - at);
            switch (random.Next(4))
            {
                case 0:
                    text.Insert(at, Fragments[random.Next(Fragments.Length)]);
                    break;
                case 1:
                    text.Remove(at, length);
                    break;
                case 2 when length > 0:
                    text[at] = (char)random.Next(256);
                    break;
                default:
                    text.Insert(at, text.ToString(at, length));
                    break;
            }
        }

        return text.ToString();
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
