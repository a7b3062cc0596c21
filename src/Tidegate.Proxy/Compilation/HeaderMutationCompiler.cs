using Envoy.Config.Core.V3;
using Google.Protobuf.Collections;
using Tidegate.Proxy.Fields;
using Tidegate.Rules.Values;

// Fields that Envoy calls deprecated are what control planes still send (Istio 1.16 among them).
#pragma warning disable CS0612

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles changes to fields: one level of a route configuration at a time, to be put one behind the other.</summary>
internal static class HeaderMutationCompiler
{
    /// <summary>Compiles one level: what is removed before what is added (istio-gateway.md 4.5).</summary>
    /// <param name="toRemove">Names to remove.</param>
    /// <param name="toAdd">Fields to add or set.</param>
    /// <param name="field">The field's prefix for messages: <c>request_headers</c> or <c>response_headers</c>.</param>
    /// <param name="scope">Where they stand.</param>
    public static List<HeaderMutation> Compile(
        RepeatedField<string> toRemove,
        RepeatedField<HeaderValueOption> toAdd,
        string field,
        CompileScope scope)
    {
        List<HeaderMutation> mutations = [];
        for (int i = 0; i < toRemove.Count; i++)
        {
            CheckName(toRemove[i], scope.At($"{field}_to_remove", i));
            mutations.Add(HeaderMutation.Removal(toRemove[i]));
        }

        for (int i = 0; i < toAdd.Count; i++)
        {
            if (CompileOne(toAdd[i], scope.At($"{field}_to_add", i)) is { } mutation)
            {
                mutations.Add(mutation);
            }
        }

        return mutations;
    }

    /// <summary>Compiles one field to add or set; null when it was refused.</summary>
    public static HeaderMutation? CompileOne(HeaderValueOption option, CompileScope scope)
    {
        if (option.Header is not { } header)
        {
            scope.Refuse("header is missing");
            return null;
        }

        CheckName(header.Key, scope);
        string value = header.RawValue.IsEmpty ? header.Value : header.RawValue.ToStringUtf8();
        if (HeaderMutation.TryCompile(KindOf(option), header.Key, value, option.KeepEmptyValue, out HeaderMutation? mutation, out string error))
        {
            return mutation;
        }

        scope.Refuse(error);
        return null;
    }

    /// <summary>Refuses a name that no field may have, or that may not be changed.</summary>
    public static void CheckName(string name, CompileScope scope)
    {
        scope.RefuseIf(FieldRules.IsChangeable(name) ? FieldRules.CheckName(name) : $"the field \"{name}\" may not be changed; host_rewrite_literal changes the host");
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
}
