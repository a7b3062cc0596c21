using System.Text;
using Tidegate.Http;
using Tidegate.Http.Paths;
using Tidegate.Proxy.Fields;

namespace Tidegate.Proxy.Filters.ExternalAuthorization;

/// <summary>What becomes of a request by an authorizer's consent (security-envoy.md 7, "to the backend on consent").</summary>
internal static class AuthorizerConsent
{
    /// <summary>
    /// Changes a request as an authorizer wants it. False: it wants what no request can have, or what it may not want; the request may have been changed in part,
    /// and is not to go on.
    /// </summary>
    /// <param name="verdict">The consent.</param>
    /// <param name="request">The request.</param>
    /// <param name="rules">Which fields it may change; null for all.</param>
    /// <param name="isChanged">Whether the request is another one now.</param>
    public static bool TryApply(AuthorizerVerdict verdict, RequestHead request, HeaderMutationRules? rules, out bool isChanged)
    {
        isChanged = false;
        foreach ((byte[] name, byte[] value) in verdict.RequestFields)
        {
            if (Check(rules, name, value) is var check && check == MutationVerdict.Failed)
            {
                return false;
            }

            isChanged |= check == MutationVerdict.Allowed && SetField(request, name, value);
        }

        foreach ((byte[] name, byte[] value) in verdict.AppendedValues)
        {
            if (Check(rules, name, value) is var check && check == MutationVerdict.Failed)
            {
                return false;
            }

            if (check == MutationVerdict.Allowed && request.Headers.TryGet(name, out ReadOnlySpan<byte> before))
            {
                request.Headers.Set(name, (byte[])[.. before, (byte)',', .. value]);
                isChanged = true;
            }
        }

        foreach (byte[] name in verdict.RemovedFields)
        {
            MutationVerdict check = rules?.CheckRemove(name) ?? (HeaderMutationRules.IsValid(name, default) ? MutationVerdict.Allowed : MutationVerdict.Failed);
            if (check == MutationVerdict.Failed)
            {
                return false;
            }

            isChanged |= check == MutationVerdict.Allowed && name is not [(byte)':', ..] && !name.AsSpan().SequenceEqual("host"u8) && request.Headers.Remove(name);
        }

        if (verdict.SetParameters.Count + verdict.RemovedParameters.Count > 0)
        {
            ChangeQuery(request, verdict);
            isChanged = true;
        }

        return true;
    }

    // What is no field cannot be written, whatever the rules say of it.
    private static MutationVerdict Check(HeaderMutationRules? rules, byte[] name, byte[] value) =>
        rules?.CheckSet(name, value) ?? (HeaderMutationRules.IsValid(name, value) ? MutationVerdict.Allowed : MutationVerdict.Failed);

    // A value that is none changes nothing; neither does what says how the message is framed.
    private static bool SetField(RequestHead request, byte[] name, byte[] value)
    {
        ReadOnlySpan<byte> of = name;
        if (of.SequenceEqual(":path"u8))
        {
            return value is [(byte)'/', ..] && request.SetPath(value);
        }

        if (of.SequenceEqual(":method"u8))
        {
            return request.SetMethod(value);
        }

        if (of.SequenceEqual(":authority"u8) || of.SequenceEqual("host"u8))
        {
            return request.SetAuthority(value);
        }

        if (of.StartsWith(":"u8) || of.SequenceEqual("content-length"u8) || of.SequenceEqual("transfer-encoding"u8) || of.SequenceEqual("connection"u8))
        {
            return false;
        }

        request.Headers.Set(name, value);
        return true;
    }

    private static void ChangeQuery(RequestHead request, AuthorizerVerdict verdict)
    {
        string text = Encoding.Latin1.GetString(request.Path);
        int start = text.IndexOf('?', StringComparison.Ordinal);
        string path = start < 0 ? text : text[..start];
        List<string> parameters = start < 0 || start == text.Length - 1 ? [] : [.. text[(start + 1)..].Split('&')];
        foreach (string name in verdict.SetParameters.Select(static parameter => parameter.Name).Concat(verdict.RemovedParameters))
        {
            byte[] wanted = Encoding.UTF8.GetBytes(name);
            parameters.RemoveAll(parameter => PercentEncoding.DecodedEquals(Encoding.Latin1.GetBytes(parameter.Split('=')[0]), wanted));
        }

        parameters.AddRange(verdict.SetParameters.Select(static parameter => $"{Uri.EscapeDataString(parameter.Name)}={Uri.EscapeDataString(parameter.Value)}"));
        request.SetPath(Encoding.Latin1.GetBytes(parameters.Count == 0 ? path : $"{path}?{string.Join('&', parameters)}"));
    }
}
