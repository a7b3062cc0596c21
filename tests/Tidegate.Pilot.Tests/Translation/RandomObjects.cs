using System.Collections;
using System.Reflection;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Tests.Translation;

/// <summary>
/// Makes objects with every field that the records have, filled from a small vocabulary: so names meet, and nothing is as validation
/// would have it. The same seed gives the same objects.
/// </summary>
internal sealed class RandomObjects(int seed)
{
    private static readonly Type[] Kinds =
    [
        typeof(Gateway), typeof(Gateway), typeof(VirtualService), typeof(VirtualService), typeof(VirtualService), typeof(VirtualService),
        typeof(DestinationRule), typeof(Service), typeof(ServiceEntry), typeof(WorkloadEntry),
        typeof(EndpointSlice), typeof(Endpoints), typeof(ProxyConfig), typeof(EnvoyFilter),
    ];

    private static readonly string[] Names = ["web", "api", "v1"];
    private static readonly string[] Namespaces = ["prod", "istio-system"];

    private static readonly string[] Texts =
    [
        "", "*", "a.com", "*.a.com", "B.A.com", "prod/a.com", "./a.com", "*/*", "web", "api", "prod/web", "./web", "web.prod.svc.cluster.local",
        "api.prod.svc.cluster.local", "mesh", "v1", "http", "HTTP", "HTTPS", "TLS", "TCP", "GRPC-WEB", "UDP", "None", "10.0.0.1", "::1",
        "unix:///tmp/x", "/", "/foo", "/foo/", ".*", "(", "@request.auth.claims.group", "@request.auth.claims[a][b]", "~", ".", "prod",
        "istio-system", "503,gateway-error", "503", ":authority", "host", "x-one", "1h", "ingress", "gateway", "a/b/c",
    ];

    /// <summary>Fields that have to meet those of other objects for anything to come of them.</summary>
    private static readonly Dictionary<string, string[]> TextsOfField = new()
    {
        ["Protocol"] = ["HTTP", "HTTP", "HTTP2", "HTTPS", "TLS", "TCP", "GRPC-WEB", "UDP", ""],
        ["Hosts"] = ["*", "*", "a.com", "*.a.com", "B.A.com", "b.a.com", "prod/a.com", "./*", "*/*", "web.prod.svc.cluster.local"],
        ["Host"] = ["web", "api", "web.prod.svc.cluster.local", "api.istio-system.svc.cluster.local", "*.svc.cluster.local", "a.com", ""],
        ["Gateways"] = ["prod/web", "prod/web", "istio-system/web", "prod/api", "web", "./web", "mesh"],
        ["Subset"] = ["", "v1", "http"],
        ["ExportTo"] = ["*", "*", ".", "prod", "istio-system", "~"],
    };

    private static readonly int[] Numbers = [0, 1, 2, 80, 443, 8080, -1, 100, 301, 308, 503, 70000, int.MaxValue, int.MinValue];
    private static readonly double[] Fractions = [0, 0.001, 50, 100, -1, 1e300, double.NaN];
    private static readonly TimeSpan[] Durations = [TimeSpan.Zero, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1), TimeSpan.FromSeconds(-1), TimeSpan.MaxValue];

    private readonly Random _random = new(seed);

    /// <summary>An object of some kind, with a name that others of its kind are likely to have too.</summary>
    public Resource Next()
    {
        var kind = Kinds[_random.Next(Kinds.Length)];
        var name = Names[_random.Next(Names.Length)];
        var metadata = new ResourceMetadata
        {
            Name = name,
            Namespace = Namespaces[_random.Next(Namespaces.Length)],
            Labels = Labels(),
            Annotations = _random.Next(4) > 0 ? new Dictionary<string, string>() : new Dictionary<string, string>
            {
                ["internal.istio.io/route-semantics"] = _random.Next(2) == 0 ? "gateway" : "ingress",
                ["networking.istio.io/exportTo"] = Texts[_random.Next(Texts.Length)],
            },
            CreationTimestamp = _random.Next(3) == 0 ? DateTimeOffset.UnixEpoch.AddDays(_random.Next(3)) : null,
        };
        var spec = Create(kind.GetProperty("Spec")!.PropertyType, 0)!;
        if (spec is GatewaySpec gateway && _random.Next(4) > 0)
        {
            spec = gateway with { Selector = new Dictionary<string, string> { ["istio"] = "ingressgateway" } };
        }
        return (Resource)Activator.CreateInstance(kind, metadata, new Origin($"{kind.Name}-{metadata.Namespace}-{name}.yaml", 1), spec)!;
    }

    /// <summary>Changes a set of objects a little: most stay the very same instances.</summary>
    public (List<Resource> Changed, List<Resource> Removed) Change(IReadOnlyList<Resource> present)
    {
        var changed = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Next()).DistinctBy(resource => resource.Key).ToList();
        var removed = present.Where(_ => _random.Next(10) == 0).Where(resource => changed.All(other => other.Key != resource.Key)).ToList();
        return (changed, removed);
    }

    private Dictionary<string, string> Labels()
    {
        var labels = new Dictionary<string, string>();
        foreach (var (key, values) in new (string, string[])[]
        {
            ("istio", ["ingressgateway", "other"]), ("version", ["v1", "v2"]), ("kubernetes.io/service-name", ["web", "api"]), ("app", ["web"]),
        })
        {
            if (_random.Next(2) == 0)
            {
                labels[key] = values[_random.Next(values.Length)];
            }
        }
        return labels;
    }

    private object? Create(Type type, int depth, string field = "")
    {
        var inner = Nullable.GetUnderlyingType(type);
        if (inner is not null)
        {
            return _random.Next(2) == 0 ? null : Create(inner, depth);
        }
        if (type == typeof(string))
        {
            var texts = TextsOfField.GetValueOrDefault(field, Texts);
            return texts[_random.Next(texts.Length)];
        }
        if (type == typeof(bool))
        {
            return _random.Next(2) == 0;
        }
        if (type == typeof(int))
        {
            return Numbers[_random.Next(Numbers.Length)];
        }
        if (type == typeof(uint))
        {
            return unchecked((uint)Numbers[_random.Next(Numbers.Length)]);
        }
        if (type == typeof(ulong))
        {
            return (ulong)_random.Next(3) * 1000;
        }
        if (type == typeof(double))
        {
            return Fractions[_random.Next(Fractions.Length)];
        }
        if (type == typeof(TimeSpan))
        {
            return Durations[_random.Next(Durations.Length)];
        }
        if (type == typeof(byte[]))
        {
            return new byte[_random.Next(3)];
        }
        if (type.IsEnum)
        {
            var values = Enum.GetValues(type);
            return values.GetValue(_random.Next(values.Length));
        }
        if (type.IsGenericType)
        {
            return CreateCollection(type, depth, field);
        }
        return CreateRecord(type, depth);
    }

    private object CreateCollection(Type type, int depth, string field)
    {
        var arguments = type.GetGenericArguments();
        var count = depth > 6 ? 0 : _random.Next(3);
        if (type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
        {
            if (arguments[1] == typeof(string))
            {
                return Labels();
            }
            var map = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(arguments))!;
            for (var i = 0; i < count; i++)
            {
                map[Create(arguments[0], depth + 1)!] = Create(arguments[1], depth + 1);
            }
            return map;
        }
        var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(arguments))!;
        for (var i = 0; i < count; i++)
        {
            list.Add(Create(arguments[0], depth + 1, field));
        }
        return list;
    }

    private object CreateRecord(Type type, int depth)
    {
        var constructor = type.GetConstructors().OrderByDescending(candidate => candidate.GetParameters().Length).First();
        var instance = constructor.Invoke([.. constructor.GetParameters().Select(parameter => Create(parameter.ParameterType, depth + 1))]);
        var nullability = new NullabilityInfoContext();
        foreach (var property in type.GetProperties().Where(property => property.SetMethod is not null))
        {
            var isOptional = property.PropertyType.IsClass && property.PropertyType != typeof(string) &&
                nullability.Create(property).WriteState == NullabilityState.Nullable;
            if (!isOptional || _random.Next(3) == 0)
            {
                property.SetValue(instance, Create(property.PropertyType, depth + 1, property.Name));
            }
        }
        return instance;
    }
}
