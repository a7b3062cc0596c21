namespace Tidegate.Proxy.Runtime;

/// <summary>The place of a route configuration that a connection manager refers to. A request reads <see cref="Current"/> once.</summary>
public sealed class RouteTableSlot
{
    private volatile RouteTable? _current;

    internal RouteTableSlot(string name, bool isInline)
    {
        Name = name;
        IsInline = isInline;
    }

    /// <summary>The route configuration's name; may be empty when it is written in the listener itself.</summary>
    public string Name { get; }

    /// <summary>Whether the routes are written in the listener (Envoy: <c>route_config</c>) and not a resource of their own (<c>rds</c>).</summary>
    public bool IsInline { get; }

    /// <summary>The routes in force; null while the configuration has never arrived: listeners wait for it, and then serve without any route.</summary>
    public RouteTable? Current
    {
        get => _current;
        internal set => _current = value;
    }
}
