using System.Text.RegularExpressions;
using Tidegate.Http.Paths;
using Tidegate.Http.Tests.Http1;

namespace Tidegate.Http.Tests.Fuzzing;

/// <summary>The promises of spec edge 2e about a path that was normalised.</summary>
internal static class NormalizedPath
{
    public static void KeepsItsPromises(byte[] input, PathOptions options)
    {
        byte[] bytes = [.. input];
        PathResult result = PathNormalizer.Normalize(bytes, options, out int length);
        Assert.InRange(length, 0, input.Length);
        if (result == PathResult.Rejected)
        {
            return;
        }

        string text = Wire.Text(bytes.AsSpan(0, length));
        string path = text.Split('?')[0];
        Assert.StartsWith("/", path, StringComparison.Ordinal);
        Assert.DoesNotContain('#', text);
        Assert.DoesNotContain("%00", path, StringComparison.Ordinal);
        Assert.DoesNotMatch("[^\x21-\x7e]", text);
        if (options.Normalize)
        {
            Assert.DoesNotMatch("/\\.\\.?(/|$)", path);
            Assert.DoesNotContain('\\', path);
        }

        if (options.MergeAdjacentSlashes)
        {
            Assert.DoesNotContain("//", path, StringComparison.Ordinal);
        }

        if (options.EscapedSlashes == EscapedSlashesAction.UnescapeAndForward)
        {
            Assert.DoesNotMatch(new Regex("%(2f|5c)", RegexOptions.IgnoreCase), path);
        }

        // The query is the same as before.
        string original = Wire.Text(input).Split('#')[0];
        Assert.Equal(original.Contains('?') ? original[original.IndexOf('?')..] : "", text[path.Length..]);

        // Again changes nothing.
        byte[] again = bytes[..length];
        Assert.Equal(PathResult.Ok, PathNormalizer.Normalize(again, options, out int sameLength));
        Assert.Equal(text, Wire.Text(again.AsSpan(0, sameLength)));

        // One string for authorization, routing and forwarding: the head holds what was normalised, and sends it.
        RequestHead head = new();
        head.SetMethod(KnownMethod.Get);
        if (head.SetPath(input))
        {
            Assert.Equal(result, head.NormalizePath(options));
            Assert.Equal((text, path), (Wire.Text(head.Path), Wire.Text(head.PathWithoutQuery)));
            Assert.StartsWith($"GET {text} HTTP/1.1\r\n", Wire.Write(head), StringComparison.Ordinal);
        }
    }
}
