using Envoy.Extensions.Filters.Http.HeaderMutation.V3;
using Google.Protobuf.Collections;
using Tidegate.Proxy.Fields;
using Tidegate.Proxy.Filters;
using HeaderMutation = Tidegate.Proxy.Fields.HeaderMutation;
using Proto = Envoy.Extensions.Filters.Http.HeaderMutation.V3.HeaderMutation;
using Step = Envoy.Config.Common.MutationRules.V3.HeaderMutation;

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>Compiles the header mutation filter.</summary>
internal static class HeaderMutationFilterCompiler
{
    /// <summary>Compiles the filter of a listener.</summary>
    public static HeaderMutationFilter Compile(Proto filter, CompileScope scope) =>
        new([Rule(filter.Mutations, scope.At("mutations"))], filter.MostSpecificHeaderMutationsWins);

    /// <summary>Compiles what one level of a route says.</summary>
    public static HeaderMutationRule Rule(Mutations? mutations, CompileScope scope) => new(
        Steps(mutations?.RequestMutations ?? [], "request_mutations", scope),
        Steps(mutations?.ResponseMutations ?? [], "response_mutations", scope));

    // Each is a level of its own: what a later one is made of, an earlier one may have changed.
    private static HeaderMutations Steps(RepeatedField<Step> steps, string field, CompileScope scope)
    {
        List<IReadOnlyList<HeaderMutation>> compiled = [];
        for (int i = 0; i < steps.Count; i++)
        {
            CompileScope at = scope.At(field, i);
            switch (steps[i].ActionCase)
            {
                case Step.ActionOneofCase.Remove:
                    HeaderMutationCompiler.CheckName(steps[i].Remove, at);
                    compiled.Add([HeaderMutation.Removal(steps[i].Remove)]);
                    break;
                case Step.ActionOneofCase.Append when HeaderMutationCompiler.CompileOne(steps[i].Append, at) is { } mutation:
                    compiled.Add([mutation]);
                    break;
                case Step.ActionOneofCase.None:
                    at.Refuse("an action is missing");
                    break;
            }
        }

        return HeaderMutations.Of(compiled);
    }
}
