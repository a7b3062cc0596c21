using Envoy.Config.Rbac.V3;

namespace Tidegate.Pilot.Translation.Security;

/// <summary>How conditions are put together: the same for those on what is asked for (<see cref="Permission"/>) and on who asks (<see cref="Principal"/>).</summary>
internal sealed class ConditionForm<T>(T any, Func<IEnumerable<T>, T> and, Func<IEnumerable<T>, T> or, Func<T, T> not)
{
    /// <summary>A value's condition; null when the value cannot be compared with anything.</summary>
    public delegate T? Translate(string value);

    /// <summary>All of these; everything where there are none.</summary>
    public T All(IReadOnlyList<T> conditions) => and(conditions.Count == 0 ? [any] : conditions);

    /// <summary>Any of these.</summary>
    public T Any(IEnumerable<T> conditions) => or(conditions);

    /// <summary>None of these.</summary>
    public T None(IEnumerable<T> conditions) => not(or(conditions));
}

/// <summary>The two forms.</summary>
internal static class ConditionForms
{
    /// <summary>On what is asked for.</summary>
    public static readonly ConditionForm<Permission> Permissions = new(
        new Permission { Any = true },
        static all => new Permission { AndRules = new Permission.Types.Set { Rules = { all } } },
        static any => new Permission { OrRules = new Permission.Types.Set { Rules = { any } } },
        static one => new Permission { NotRule = one });

    /// <summary>On who asks.</summary>
    public static readonly ConditionForm<Principal> Principals = new(
        new Principal { Any = true },
        static all => new Principal { AndIds = new Principal.Types.Set { Ids = { all } } },
        static any => new Principal { OrIds = new Principal.Types.Set { Ids = { any } } },
        static one => new Principal { NotId = one });
}
