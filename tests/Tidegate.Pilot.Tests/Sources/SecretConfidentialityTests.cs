using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Tests.Sources;

/// <summary>However a Secret is written wrong, no part of its values is in anything that is said about it.</summary>
public sealed class SecretConfidentialityTests
{
    private const string Value = "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDTZXy";

    // Short enough to be found in what is cut, and long enough not to be in a message by chance.
    private const int Telling = 6;

    [Theory]
    [InlineData("stringData: |\n  -----BEGIN PRIVATE KEY-----\n  VALUE\n")]
    [InlineData("stringData: VALUE\n")]
    [InlineData("data: [VALUE]\n")]
    [InlineData("data: {tls.key: *VALUE}\n")]
    [InlineData("data: {tls.key: !VALUE x}\n")]
    [InlineData("data: {tls.key: {VALUE: x}}\n")]
    [InlineData("data: {VALUE: [x]}\n")]
    [InlineData("data: {VALUE: 'no base64!'}\n")]
    [InlineData("data: {VALUE: x, VALUE: y}\n")]
    [InlineData("data:\n  tls.key: VALUE: VALUE\n")]
    [InlineData("data:\n  tls.key:\n  VALUE\n  VALUE: x\n")]
    [InlineData("stringData:\n  tls.key: |\n-----BEGIN PRIVATE KEY-----\nVALUE\n-----END PRIVATE KEY-----\n")]
    [InlineData("stringData:\n  tls.key: \"VALUE\n")]
    [InlineData("VALUE: x\n")]
    [InlineData("type: [VALUE]\n")]
    [InlineData("immutable: VALUE\nstringdata: {tls.key: VALUE}\n")]
    [InlineData("---\nVALUE\n")]
    [InlineData("---\n- VALUE\n")]
    [InlineData("---\nkind: VALUE==\napiVersion: v1\n")]
    [InlineData("---\nkind: Secret\napiVersion: v1\nmetadata: {name: VALUE}\n")]
    [InlineData("---\nkind: Secret\napiVersion: v1\nmetadata: {name: x, namespace: VALUE, labels: [VALUE], annotations: {VALUE: 1}}\n")]
    [InlineData("---\nkind: Secert\napiVersion: v1\nmetadata: {name: VALUE}\ndata: {tls.key: VALUE}\n")]
    [InlineData("%VALUE\n---\n")]
    public void A_broken_value_is_not_shown(string end) =>
        AssertConfidential("apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n" + end.Replace("VALUE", Value, StringComparison.Ordinal));

    [Fact]
    public void A_mutation_of_a_Secret_shows_nothing_of_it()
    {
        string text = $"""
            apiVersion: v1
            kind: Secret
            metadata:
              name: cert
              namespace: shop
            type: kubernetes.io/tls
            data:
              tls.crt: {Value}
              tls.key: "{Value}"
            stringData:
              ca.crt: |
                {Value}
                {Value}
            """;
        string[] fragments = ["\n", "  ", ": ", "- ", "*", "&", "!", "|", "\"", "'", "{", "}", "[", "---\n", "...\n", "<<: ", "#", "%", "? ", "\t", "\0"];
        for (int seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            string mutated = text;
            for (int i = random.Next(1, 5); i > 0; i--)
            {
                int at = random.Next(mutated.Length);
                int length = Math.Min(random.Next(0, 12), mutated.Length - at);
                mutated = mutated.Remove(at, length).Insert(at, fragments[random.Next(fragments.Length)]);
            }

            AssertConfidential(mutated);
        }
    }

    private static void AssertConfidential(string text)
    {
        Manifest manifest = new ManifestReader("default").Read("test.yaml", text);
        foreach (Diagnostic diagnostic in manifest.Diagnostics)
        {
            string said = diagnostic.ToString();
            for (int i = 0; i + Telling <= Value.Length; i++)
            {
                Assert.DoesNotContain(Value.Substring(i, Telling), said, StringComparison.OrdinalIgnoreCase);
            }
        }
    }
}
