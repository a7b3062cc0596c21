namespace Tidegate.Proxy.Filters;

/// <summary>A filter as a route has it.</summary>
/// <param name="Filter">The filter.</param>
/// <param name="Place">Its place among the listener's filters; what routes have at one place is one filter, each in its own way.</param>
/// <param name="IsGuard">Whether it keeps requests out.</param>
internal readonly record struct PlacedFilter(HttpFilter Filter, int Place, bool IsGuard);
