using System.Text;
using Envoy.Config.Core.V3;
using Google.Protobuf.Collections;
using Tidegate.Http;
using Tidegate.Proxy.Routing;

// Fields that Envoy calls deprecated are what control planes still send (Istio 1.16 among them).
#pragma warning disable CS0612

namespace Tidegate.Proxy.Runtime.Compilation;

/// <summary>Compiles changes to fields: one level of a route configuration at a time, to be put one behind the other.</summary>
internal static class HeaderMutationCompiler
{
    /// <summary>Compiles one level: what is removed before what is added (istio-gateway.md 4.5).</summary>
    /// <param name="toRemove">Names to remove.</param>
    /// <param name="toAdd">Fields to add or set.</param>
    /// <param name="field">The field's prefix for messages: <c>request_headers</c> or <c>response_headers</c>.</param>
    /// <param name="scope">Where they stand.</param>
    public static List<(HeaderMutationKind Kind, string Name, string Value)> Compile(
        RepeatedField<string> toRemove,
        RepeatedField<HeaderValueOption> toAdd,
        string field,
        CompileScope scope)
    {
        List<(HeaderMutationKind, string, string)> steps = [];
        for (int i = 0; i < toRemove.Count; i++)
        {
            CheckName(toRemove[i], scope.At($"{field}_to_remove", i));
            steps.Add((HeaderMutationKind.Remove, toRemove[i], string.Empty));
        }

        for (int i = 0; i < toAdd.Count; i++)
        {
            CompileScope at = scope.At($"{field}_to_add", i);
            HeaderValue? header = toAdd[i].Header;
            if (header is null)
            {
                at.Refuse("header is missing");
                continue;
            }

            CheckName(header.Key, at);
            string value = Literal(header.RawValue.IsEmpty ? header.Value : header.RawValue.ToStringUtf8(), at);
            if (value.Length > 0 || toAdd[i].KeepEmptyValue)
            {
                steps.Add((KindOf(toAdd[i]), header.Key, value));
            }
        }

        return steps;
    }

    private static HeaderMutationKind KindOf(HeaderValueOption option)
    {
        // The older boolean comes before the action when it is set.
        if (option.Append is { } append)
        {
            return append ? HeaderMutationKind.Append : HeaderMutationKind.Set;
        }

        return option.AppendAction switch
        {
            HeaderValueOption.Types.HeaderAppendAction.AddIfAbsent => HeaderMutationKind.AddIfAbsent,
            HeaderValueOption.Types.HeaderAppendAction.OverwriteIfExistsOrAdd => HeaderMutationKind.Set,
            HeaderValueOption.Types.HeaderAppendAction.OverwriteIfExists => HeaderMutationKind.SetIfPresent,
            _ => HeaderMutationKind.Append,
        };
    }

    private static void CheckName(string name, CompileScope scope)
    {
        scope.RefuseIf(
            name.StartsWith(':') || name.Equals("host", StringComparison.OrdinalIgnoreCase),
            $"the field \"{name}\" may not be changed; host_rewrite_literal changes the host");
        scope.RefuseIf(!name.StartsWith(':') && !HttpTokens.IsToken(Encoding.UTF8.GetBytes(name)), $"\"{name}\" is no name of a field");
    }

    // Command operators such as %REQ(x)% are not built yet; a percent sign that is meant is written twice.
    private static string Literal(string value, CompileScope scope)
    {
        string literal = value.Replace("%%", "\0", StringComparison.Ordinal);
        scope.RefuseIf(literal.Contains('%', StringComparison.Ordinal), $"the value \"{value}\" has a command operator (%...%), which is not supported yet");
        literal = literal.Replace('\0', '%');
        scope.RefuseIf(!HttpTokens.IsFieldValue(Encoding.UTF8.GetBytes(literal)), "the value has a control character");
        return literal;
    }
}
