using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Translation.Features;
using Tidegate.Rules.Values;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>Something in a patch's value that the proxy does not act on.</summary>
/// <param name="Path">The field, within the value; empty for the whole of it.</param>
/// <param name="Reason">What is with it.</param>
/// <param name="LeftOut">What is left out with it, within the value: the field itself or what has it; empty for the whole value.</param>
/// <param name="MayProtect">Whether it may keep traffic out, which is let in without it.</param>
/// <param name="Closed">The guard that lets nothing through because of it, and nothing is left out; null where it is no guard's.</param>
internal sealed record PrunedField(string Path, string Reason, string LeftOut, bool MayProtect, ClosedGuard? Closed = null);

/// <summary>A guard that cannot be used as it is written.</summary>
/// <param name="Name">The filter's name; empty where the patch does not say it.</param>
/// <param name="Consequence">What that means.</param>
internal sealed record ClosedGuard(string Name, string Consequence);

/// <summary>
/// Takes out of a patch's value what the proxy does not act on, so that nothing is sent that it would refuse or ignore: the field alone, or
/// the smallest thing around it that means the same without it. A guard is no such thing: it stays as it was written (<see cref="GuardStandIn"/>), so that
/// the proxy refuses it and closes what it guards.
/// </summary>
internal sealed class PatchPruning(FieldTable table)
{
    private const string RouteFilterSlot = "route filter";

    private static readonly string HttpFilter = Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpFilter.Descriptor.FullName;
    private static readonly string NetworkFilter = Envoy.Config.Listener.V3.Filter.Descriptor.FullName;
    private static readonly string ListenerFilter = Envoy.Config.Listener.V3.ListenerFilter.Descriptor.FullName;

    // Before 1.22 Envoy knew listener filters by their names, and many EnvoyFilters still give nothing else.
    private static readonly Dictionary<string, MessageDescriptor> ListenerFilterNames = new()
    {
        ["envoy.filters.listener.proxy_protocol"] = Envoy.Extensions.Filters.Listener.ProxyProtocol.V3.ProxyProtocol.Descriptor,
        ["envoy.listener.proxy_protocol"] = Envoy.Extensions.Filters.Listener.ProxyProtocol.V3.ProxyProtocol.Descriptor,
        ["envoy.filters.listener.tls_inspector"] = Envoy.Extensions.Filters.Listener.TlsInspector.V3.TlsInspector.Descriptor,
        ["envoy.listener.tls_inspector"] = Envoy.Extensions.Filters.Listener.TlsInspector.V3.TlsInspector.Descriptor,
    };

    private readonly List<(string Path, string Reason, bool MayProtect)> _open = [];
    private readonly List<PrunedField> _removed = [];

    /// <summary>What was taken out.</summary>
    public IReadOnlyList<PrunedField> Removed => _removed;

    /// <summary>Prunes a value; false when nothing is left that means what it says.</summary>
    /// <param name="value">The value.</param>
    /// <param name="type">What it is.</param>
    /// <param name="isMerged">Whether it is merged into something, and so need not be whole.</param>
    public bool Prune(JsonObject value, MessageDescriptor type, bool isMerged)
    {
        var isKept = Walk(value, type, "", slot: null, isMerged);
        Close("");
        return isKept;
    }

    /// <summary>False when the message cannot do without something that is not acted on.</summary>
    private bool Walk(JsonObject value, MessageDescriptor type, string path, string? slot, bool isMerged = false)
    {
        if (type.FullName == Any.Descriptor.FullName)
        {
            return WalkAny(value, path, slot);
        }
        if (type.File.Package == "google.protobuf" || !table.Knows(type.FullName))
        {
            return true;
        }
        return IsFilter(type) && GuardStandIn.NameOf(value) is { } guard
            ? WalkGuard(value, type, path, guard, (JsonObject)value.DeepClone(), () => WalkFields(value, type, path, slot, isMerged))
            : WalkFields(value, type, path, slot, isMerged);
    }

    // A guard stays, as it was written if something is wrong with it.
    private bool WalkGuard(JsonObject value, MessageDescriptor type, string path, string guard, JsonObject written, Func<bool> walk)
    {
        var removed = _removed.Count;
        (string Path, string Reason, bool)[] around = [.. _open];
        _open.Clear();
        (string Path, string Reason)? problem =
            !walk() ? (_open[0].Path, _open[0].Reason)
            : _removed.Skip(removed).FirstOrDefault(field => field.LeftOut != field.Path) is { } lost ? (lost.Path, lost.Reason)
            : GuardStandIn.ProblemOf(value, type) is var (field, reason) ? (Join(path, field), reason)
            : null;
        _open.Clear();
        _open.AddRange(around);
        if (problem is var (place, why))
        {
            _removed.RemoveRange(removed, _removed.Count - removed);
            _removed.Add(new PrunedField(place, why, "", MayProtect: true, new ClosedGuard(guard, ConsequenceOf(type))));
            GuardStandIn.Put(value, type, written);
        }
        return true;
    }

    private bool WalkFields(JsonObject value, MessageDescriptor type, string path, string? slot, bool isMerged)
    {
        var isKept = HasConfiguration(value, type, path, isMerged);
        foreach (var (name, item) in value.ToList())
        {
            // What has no such name is found wrong by whoever reads the value.
            if (!IsUnset(item) && type.Fields.InDeclarationOrder().FirstOrDefault(field => field.JsonName == name || field.Name == name) is { } field)
            {
                isKept &= WalkField(value, name, item!, field, path.Length == 0 ? name : $"{path}.{name}", slot);
            }
        }
        return isKept;
    }

    private bool WalkField(JsonObject value, string name, JsonNode item, FieldDescriptor field, string path, string? slot)
    {
        var support = table.Of(field);
        switch (support.Use)
        {
            case FieldUse.Carried:
                return true;
            case FieldUse.LeftOut:
                _removed.Add(new PrunedField(path, "is not acted on", path, MayProtect: false));
                value.Remove(name);
                return true;
            case FieldUse.Essential:
                _open.Add((path, "is not supported", false));
                return false;
        }
        var isKept = support.Values is not { } values || HasOneOf(values, item, path);
        var type = field.IsMap ? field.MessageType.FindFieldByNumber(2) : field;
        if (isKept && type.FieldType == FieldType.Message)
        {
            var inner = support.Slot ?? slot;
            isKept = item switch
            {
                JsonArray list when field.IsRepeated => WalkList(list, type.MessageType, path, inner, support.IsUnit),
                JsonObject map when field.IsMap => WalkMap(map, type.MessageType, path, inner, support.IsUnit),
                JsonObject single => Walk(single, type.MessageType, path, inner),
                _ => true,
            };
        }
        if (!isKept && support.IsUnit)
        {
            Close(path);
            value.Remove(name);
            return true;
        }
        return isKept;
    }

    private bool WalkList(JsonArray list, MessageDescriptor type, string path, string? slot, bool isUnit)
    {
        var areKept = true;
        for (int i = 0, index = 0; i < list.Count; index++)
        {
            if (list[i] is not JsonObject member || Walk(member, type, $"{path}[{index}]", slot))
            {
                i++;
                continue;
            }
            if (!isUnit)
            {
                areKept = false;
                i++;
                continue;
            }
            Close($"{path}[{index}]");
            list.RemoveAt(i);
        }
        return areKept;
    }

    private bool WalkMap(JsonObject map, MessageDescriptor type, string path, string? slot, bool isUnit)
    {
        var areKept = true;
        foreach (var (key, item) in map.ToList())
        {
            if (item is not JsonObject member || WalkMember(key, member, type, $"{path}.{key}", slot))
            {
                continue;
            }
            if (!isUnit)
            {
                areKept = false;
                continue;
            }
            Close($"{path}.{key}");
            map.Remove(key);
        }
        return areKept;
    }

    // What routes say to a guard is a part of the guard.
    private bool WalkMember(string key, JsonObject member, MessageDescriptor type, string path, string? slot) =>
        slot == RouteFilterSlot && GuardStandIn.IsOfGuard(key, member)
            ? WalkGuard(member, type, path, key, (JsonObject)member.DeepClone(), () => Walk(member, type, path, slot))
            : Walk(member, type, path, slot);

    private bool WalkAny(JsonObject value, string path, string? slot)
    {
        if (value["@type"] is not JsonValue named || !named.TryGetValue<string>(out var url))
        {
            return true; // found wrong by whoever reads it
        }
        var type = XdsTypeRegistry.Find(url);
        if (type is null || (slot is null ? !table.Knows(type.FullName) : !table.MayStand(slot, type.FullName)))
        {
            _open.Add(($"{path}.@type", $"this proxy has no extension {url}{(type is null || slot is null ? "" : $" as {slot}")}", GuardRules.MayProtect(url)));
            return false;
        }
        return Walk(value, type, path, slot);
    }

    // Whether a filter says what it is.
    private bool HasConfiguration(JsonObject value, MessageDescriptor type, string path, bool isMerged)
    {
        if (!IsFilter(type) || isMerged || Has(value, "typed_config", "typedConfig") || Has(value, "config_discovery", "configDiscovery"))
        {
            return true;
        }
        var name = value["name"] is JsonValue text && text.TryGetValue<string>(out var written) ? written : "";
        if (type.FullName == ListenerFilter && ListenerFilterNames.TryGetValue(name, out var known))
        {
            value["typed_config"] = new JsonObject { ["@type"] = XdsTypes.UrlOf(known) };
            return true;
        }
        _open.Add((path.Length == 0 ? "typed_config" : $"{path}.typed_config", $"is missing, so that the filter \"{name}\" says nothing", GuardRules.MayProtect(name)));
        return false;
    }

    private bool HasOneOf(IReadOnlySet<string> values, JsonNode item, string path)
    {
        if (item is not JsonValue value || !value.TryGetValue<string>(out var text) || values.Contains(text))
        {
            return true;
        }
        _open.Add((path, $"{text} is not supported; {string.Join(", ", values)} {(values.Count == 1 ? "is" : "are")}", false));
        return false;
    }

    // What was found since goes with this.
    private void Close(string leftOut)
    {
        _removed.AddRange(_open.Select(found => new PrunedField(found.Path, found.Reason, leftOut, found.MayProtect)));
        _open.Clear();
    }

    private static string ConsequenceOf(MessageDescriptor type) =>
        type.FullName == NetworkFilter ? "connections that it guards are closed"
        : type.FullName == ListenerFilter ? "its listener does not open"
        : "requests that it guards are answered with 503";

    private static bool IsFilter(MessageDescriptor type) => type.FullName == HttpFilter || type.FullName == NetworkFilter || type.FullName == ListenerFilter;

    private static string Join(string path, string field) => path.Length == 0 ? field : field.Length == 0 ? path : $"{path}.{field}";

    private static bool Has(JsonObject value, string name, string jsonName) => !IsUnset(value[name] ?? value[jsonName]);

    // Nothing, or what means nothing: off, zero, empty.
    private static bool IsUnset(JsonNode? item) => item switch
    {
        null => true,
        JsonArray list => list.Count == 0,
        JsonValue value when value.TryGetValue<bool>(out var flag) => !flag,
        JsonValue value when value.TryGetValue<string>(out var text) => text.Length == 0,
        JsonValue value when value.TryGetValue<double>(out var number) => number == 0,
        _ => false,
    };
}
